using System.Globalization;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// The arguments of coturn's <c>turnserver</c>. They allow nothing beyond relaying UDP to peers that the database names: everything is denied here, and an allowed address takes
/// precedence over a denied one. Secrets are not among them, because other processes can read arguments. Pure.
/// </summary>
internal static class CoturnArguments
{
    /// <summary>Seconds until a client must get a new nonce.</summary>
    private const int NonceSeconds = 600;

    /// <summary>Longest lifetime of an allocation without a refresh. Clients refresh it before.</summary>
    private const int AllocationSeconds = 600;

    /// <summary>Throws <see cref="NotSupportedException"/> for a release of coturn in which something that must be off cannot be turned off.</summary>
    public static IReadOnlyList<string> Build(TurnOptions options, CoturnOptions known)
    {
        List<string> arguments =
        [
            "-n", // no configuration file
            .. options.ListenAddresses.Select(address => $"--listening-ip={address}"),
            .. options.RelayAddresses.Select(address => $"--relay-ip={address}"),
            Of("--listening-port", options.Port),
            Of("--min-port", options.RelayPorts.Min),
            Of("--max-port", options.RelayPorts.Max),
            $"--realm={options.Realm}",
            "--use-auth-secret",
            $"--userdb={options.DatabasePath}",
            Of("--stale-nonce", NonceSeconds),
            Of("--max-allocate-lifetime", AllocationSeconds),
            .. known.Without("dtls"),
            "--no-tcp-relay",
            "--no-multicast-peers",
            "--denied-peer-ip=0.0.0.0-255.255.255.255",
            "--denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "--check-origin-consistency",
            .. known.Without("software-attribute"),
            .. known.Without("rfc5780"),
            .. known.Without("stun-backward-compatibility"),
            .. known.IfKnown("--response-origin-only-with-rfc5780"),
            .. known.Without("cli"),
            "--pidfile=",
            "--log-file=stdout",
            "--simple-log",
            "--verbose", // reports the beginning and the end of allocations
        ];
        if (options.TlsPort > 0)
        {
            arguments.AddRange([Of("--tls-listening-port", options.TlsPort), $"--cert={options.TlsPath}", $"--pkey={options.TlsPath}", .. known.Without("tlsv1"), .. known.Without("tlsv1_1")]);
        }

        Add(options.TlsPort == 0, "--no-tls");
        Add(!options.Udp, "--no-udp");
        Add(!options.Tcp, "--no-tcp");
        Add(options.AllowLoopbackPeers, "--allow-loopback-peers");
        Add(options.AllocationsPerCredential > 0, Of("--user-quota", options.AllocationsPerCredential));
        Add(options.Allocations > 0, Of("--total-quota", options.Allocations));
        Add(options.BytesPerSecond > 0, Of("--max-bps", options.BytesPerSecond));
        return arguments;

        void Add(bool isWanted, string argument)
        {
            if (isWanted)
            {
                arguments.Add(argument);
            }
        }
    }

    private static string Of(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}
