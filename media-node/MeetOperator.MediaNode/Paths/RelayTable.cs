using System.Diagnostics.CodeAnalysis;
using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Paths;

/// <summary>The addresses and ports from which the relays of the installation forward. Immutable.</summary>
internal sealed class RelayTable
{
    private readonly Dictionary<(ulong High, ulong Low), (int Min, int Max)[]> _ports;

    private RelayTable(Dictionary<(ulong High, ulong Low), (int Min, int Max)[]> ports) => _ports = ports;

    public static RelayTable Empty { get; } = new([]);

    /// <summary>Reads a list of relays. False, with what is wrong, when an entry is invalid.</summary>
    public static bool TryRead(IReadOnlyList<RelaySource> sources, [NotNullWhen(true)] out RelayTable? table, [NotNullWhen(false)] out string? problem)
    {
        table = null;
        if (sources.Count > NodeRelays.MaxSources)
        {
            problem = $"sources must have at most {NodeRelays.MaxSources} entries.";
            return false;
        }

        var read = new List<(TransportAddress Address, int Min, int Max)>(sources.Count);
        foreach (var source in sources)
        {
            if (source is null || !IPAddress.TryParse(source.Address, out var address) || source.MinPort < 1 || source.MaxPort > ushort.MaxValue || source.MinPort > source.MaxPort)
            {
                problem = "sources must have an IP address, and ports from 1 to 65535 of which minPort is not above maxPort.";
                return false;
            }

            read.Add((TransportAddress.FromIPEndPoint(new IPEndPoint(address, 0)), source.MinPort, source.MaxPort));
        }

        problem = null;
        table = new RelayTable(read.GroupBy(one => (one.Address.High, one.Address.Low)).ToDictionary(same => same.Key, same => same.Select(one => (one.Min, one.Max)).ToArray()));
        return true;
    }

    public bool Contains(in TransportAddress from)
    {
        if (_ports.TryGetValue((from.High, from.Low), out var ranges))
        {
            foreach (var (min, max) in ranges)
            {
                if (from.Port >= min && from.Port <= max)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
