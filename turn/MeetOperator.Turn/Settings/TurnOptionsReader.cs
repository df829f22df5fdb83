using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.Turn.Settings;

/// <summary>Reads the settings from environment variables, and reports every mistake.</summary>
internal static class TurnOptionsReader
{
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="isLocal">Whether this host has an address.</param>
    /// <param name="options">The settings; null when there are errors.</param>
    /// <param name="errors">What is wrong, for the person who set it.</param>
    public static bool TryRead(Func<string, string?> variable, Func<IPAddress, bool> isLocal, [NotNullWhen(true)] out TurnOptions? options, out IReadOnlyList<string> errors)
    {
        var found = new List<string>();
        errors = found;
        options = null;

        string Text(string name, string? fallback = null)
        {
            if (variable(name) is { Length: > 0 } value)
            {
                return value;
            }

            if (fallback is null)
            {
                found.Add($"{name} is missing");
            }

            return fallback ?? string.Empty;
        }

        int Number(string name, int fallback, int min, int max)
        {
            var text = Text(name, fallback.ToString(CultureInfo.InvariantCulture));
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            {
                return number;
            }

            found.Add($"{name}: '{text}' must be a number from {min} to {max}");
            return fallback;
        }

        IReadOnlyList<IPAddress> Addresses(string name)
        {
            List<IPAddress> read = [];
            foreach (var text in Text(name).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (IPAddress.TryParse(text, out var address))
                {
                    read.Add(address);
                }
                else
                {
                    found.Add($"{name}: '{text}' is not an IP address");
                }
            }

            return [.. read.Distinct()];
        }

        if (!IPEndPoint.TryParse(Text("MEET_CONTROL_ADDRESS"), out var control))
        {
            found.Add("MEET_CONTROL_ADDRESS must be an IP address with a port");
        }

        if (!ControlCredentials.TryRead(variable("MEET_NODE_CERTIFICATE"), variable("MEET_NODE_KEY"), variable("MEET_NODE_AUTHORITIES"), out var credentials, out var problem))
        {
            found.Add($"MEET_NODE_CERTIFICATE, MEET_NODE_KEY, MEET_NODE_AUTHORITIES: {problem}");
        }

        IPAddress[] LocalAddresses(string name)
        {
            var local = Addresses(name).Where(isLocal).ToArray();
            if (local.Length == 0)
            {
                found.Add($"{name}: this host has none of these addresses");
            }

            return local;
        }

        var protocols = Text("MEET_TURN_PROTOCOLS", "UDP,TCP").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var ports = Text("MEET_TURN_RELAY_PORTS", "49152-65535").Split('-');
        if (ports.Length != 2 || !int.TryParse(ports[0], NumberStyles.None, CultureInfo.InvariantCulture, out var min) || !int.TryParse(ports[1], NumberStyles.None, CultureInfo.InvariantCulture, out var max)
            || min < 1024 || max > 65_535 || min > max)
        {
            found.Add("MEET_TURN_RELAY_PORTS must be a range of ports, for example 49152-65535");
            (min, max) = (0, 0);
        }

        var port = Number("MEET_TURN_PORT", 3478, 1, 65_535);
        var tlsPort = Number("MEET_TURN_TLS_PORT", 0, 0, 65_535);
        if (tlsPort == port)
        {
            found.Add("MEET_TURN_TLS_PORT must differ from MEET_TURN_PORT");
        }

        var read = new TurnOptions
        {
            ControlAddress = control ?? new IPEndPoint(IPAddress.Loopback, 0),
            Credentials = credentials!,
            DataFolder = Text("MEET_TURN_DATA"),
            Realm = Text("MEET_TURN_REALM"),
            ListenAddresses = LocalAddresses("MEET_TURN_LISTEN_ADDRESSES"),
            RelayAddresses = [.. LocalAddresses("MEET_TURN_RELAY_ADDRESSES").DistinctBy(address => address.AddressFamily)],
            Port = port,
            TlsPort = tlsPort,
            Udp = protocols.Contains("UDP"),
            Tcp = protocols.Contains("TCP"),
            RelayPorts = (min, max),
            AllocationsPerCredential = Number("MEET_TURN_ALLOCATIONS_PER_CREDENTIAL", 0, 0, 1_000_000),
            Allocations = Number("MEET_TURN_ALLOCATIONS", 0, 0, 1_000_000),
            BytesPerSecond = Number("MEET_TURN_BYTES_PER_SECOND", 0, 0, int.MaxValue),
            AllowLoopbackPeers = Text("MEET_TURN_LOOPBACK_PEERS", "false") == "true",
            Server = Text("MEET_TURN_SERVER", "turnserver"),
        };
        options = found.Count == 0 ? read : null;
        return options is not null;
    }
}
