using System.Runtime.InteropServices;
using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Streams;

/// <summary>
/// Limits how many TCP connections with a session there are: on the media node, of each tenant and of each address. A tenant gets a place only while more places are free than it has. One that uses the
/// node alone gets half of them, two a third each, and there are always free ones for a tenant without connections. Safe for concurrent use.
/// </summary>
/// <param name="max">Connections of the media node.</param>
/// <param name="maxOfAddress">Connections of one IPv4 address, or of one IPv6 network of 64 bits.</param>
internal sealed class StreamPlaces(int max = StreamPlaces.Max, int maxOfAddress = StreamPlaces.MaxOfAddress)
{
    /// <summary>Connections of a media node: 8 for each of its 500 participants.</summary>
    public const int Max = 4096;

    /// <summary>Connections of one address. A client uses two, so an office behind one NAT has 256 participants on TCP: more than half of those of a media node.</summary>
    public const int MaxOfAddress = 512;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _ofTenant = new(StringComparer.Ordinal);
    private readonly Dictionary<ClientNetwork, int> _ofAddress = [];
    private int _taken;

    /// <summary>Takes a place until <paramref name="place"/> is disposed. Returns why there is none, or null.</summary>
    /// <param name="tenant">The tenant of the session.</param>
    /// <param name="from">The other end of the connection.</param>
    /// <param name="place">The place, which may be disposed by any thread, and more than once; null when there is none.</param>
    public StreamEnd? TryTake(string tenant, in TransportAddress from, out IDisposable? place)
    {
        place = null;
        var network = ClientNetwork.Of(from);
        lock (_lock)
        {
            var problem = _taken >= max ? StreamEnd.TooMany
                : _ofTenant.GetValueOrDefault(tenant) >= max - _taken ? StreamEnd.TooManyOfTenant
                : _ofAddress.GetValueOrDefault(network) >= maxOfAddress ? StreamEnd.TooManyOpenOfAddress
                : (StreamEnd?)null;
            if (problem is null)
            {
                _taken++;
                Add(_ofTenant, tenant, 1);
                Add(_ofAddress, network, 1);
                place = new Place(this, tenant, network);
            }

            return problem;
        }
    }

    private static void Add<T>(Dictionary<T, int> counts, T key, int change)
        where T : notnull
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _);
        count += change;
        if (count == 0)
        {
            counts.Remove(key);
        }
    }

    private void Return(string tenant, ClientNetwork network)
    {
        lock (_lock)
        {
            _taken--;
            Add(_ofTenant, tenant, -1);
            Add(_ofAddress, network, -1);
        }
    }

    private sealed class Place(StreamPlaces places, string tenant, ClientNetwork network) : IDisposable
    {
        private int _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0)
            {
                places.Return(tenant, network);
            }
        }
    }
}
