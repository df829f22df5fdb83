using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Settings;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>Reads <see cref="NodeOptions"/> from environment variables. Every error names its variable.</summary>
internal static class NodeOptionsReader
{
    public const string NameVariable = "MEET_NODE_NAME";
    public const string CertificateVariable = "MEET_NODE_CERTIFICATE";
    public const string KeyVariable = "MEET_NODE_KEY";
    public const string AuthoritiesVariable = "MEET_NODE_AUTHORITIES";
    public const string ControlVariable = "MEET_CONTROL_ADDRESS";
    public const string PortsVariable = "MEET_UDP_PORTS";
    public const string TcpPortVariable = "MEET_TCP_PORT";
    public const string AddressesVariable = "MEET_ADVERTISED_ADDRESSES";
    public const string FamiliesVariable = "MEET_IP_FAMILIES";
    public const string MaxParticipantsVariable = "MEET_MAX_PARTICIPANTS";
    public const string ShutdownVariable = "MEET_SHUTDOWN_SECONDS";

    /// <summary>Returns the options, or null when <paramref name="errors"/> is not empty.</summary>
    /// <param name="variable">Returns the value of an environment variable, or null.</param>
    /// <param name="local">The addresses of the network namespace of this process.</param>
    /// <param name="errors">One sentence for each invalid or missing variable.</param>
    public static NodeOptions? Read(Func<string, string?> variable, IReadOnlyCollection<IPAddress> local, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var problems = new List<string>();
        errors = problems;
        var name = variable(NameVariable);
        if (string.IsNullOrWhiteSpace(name))
        {
            problems.Add($"{NameVariable} is missing: set it to the SfuNode's name.");
        }

        if (!ControlCredentials.TryRead(variable(CertificateVariable), variable(KeyVariable), variable(AuthoritiesVariable), out var credentials, out var credentialProblem))
        {
            problems.Add($"{CertificateVariable}, {KeyVariable} and {AuthoritiesVariable} must contain the node's certificate, its key and the trusted authorities in PEM form: {credentialProblem}.");
        }

        if (!TryControl(variable(ControlVariable) ?? "0.0.0.0:8090", out var control))
        {
            problems.Add($"{ControlVariable} is '{variable(ControlVariable)}': expected <address>:<port>, for example 0.0.0.0:8090.");
        }

        var ports = Ports(variable(PortsVariable), problems);
        var addresses = Addresses(variable(AddressesVariable), Families(variable(FamiliesVariable), problems), problems);
        var served = Served(addresses, local, problems);
        var limit = Number(variable, MaxParticipantsVariable, 500, 1, 100_000, problems);
        var tcpPort = Number(variable, TcpPortVariable, 0, 0, IPEndPoint.MaxPort, problems);
        var shutdown = Number(variable, ShutdownVariable, 25, 0, 86_400, problems);
        problems.AddRange(TraceSettings.Problems(variable));
        return problems.Count > 0 ? null : new NodeOptions
        {
            Name = name!,
            Credentials = credentials,
            ControlAddress = control!,
            UdpPorts = ports,
            TcpPort = tcpPort == 0 ? null : tcpPort,
            AdvertisedAddresses = served,
            UnservedAddresses = [.. addresses.Except(served)],
            MaxParticipants = limit,
            ShutdownTimeout = TimeSpan.FromSeconds(shutdown),
            BindAddresses = BindAddress.Choose(served, local),
        };
    }

    /// <summary>Accepts an IPv6 address without brackets, because the Pod's IP comes in that form. The port follows the last colon.</summary>
    private static bool TryControl(string text, [NotNullWhen(true)] out IPEndPoint? control)
    {
        var colon = text.LastIndexOf(':');
        control = colon > 0
            && IPAddress.TryParse(text[..colon].Trim('[', ']'), out var address)
            && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= IPEndPoint.MaxPort
                ? new IPEndPoint(address, port)
                : null;
        return control is not null;
    }

    private static int Number(Func<string, string?> variable, string name, int fallback, int minimum, int maximum, List<string> problems)
    {
        if (variable(name) is not { Length: > 0 } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        problems.Add($"{name} is '{text}': expected a number from {minimum} to {maximum}.");
        return fallback;
    }

    private static List<int> Ports(string? text, List<string> problems)
    {
        var ports = new List<int>();
        foreach (var part in Split(text))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535 || ports.Contains(port))
            {
                problems.Add($"{PortsVariable} contains '{part}': expected distinct UDP ports from 1 to 65535, separated by commas.");
                continue;
            }

            ports.Add(port);
        }

        if (ports.Count == 0)
        {
            problems.Add($"{PortsVariable} contains no port: set it to one UDP port for each loop, for example 10000,10001.");
        }

        return ports;
    }

    private static List<AddressFamily> Families(string? text, List<string> problems)
    {
        var families = new List<AddressFamily>();
        foreach (var part in Split(string.IsNullOrWhiteSpace(text) ? "IPv4,IPv6" : text))
        {
            switch (part)
            {
                case "IPv4":
                    families.Add(AddressFamily.InterNetwork);
                    break;
                case "IPv6":
                    families.Add(AddressFamily.InterNetworkV6);
                    break;
                default:
                    problems.Add($"{FamiliesVariable} contains '{part}': expected IPv4, IPv6, or both separated by a comma.");
                    break;
            }
        }

        return families;
    }

    /// <summary>Reads the addresses and leaves out those of other families, because a Pod learns the addresses of all families that its cluster has.</summary>
    private static List<IPAddress> Addresses(string? text, List<AddressFamily> families, List<string> problems)
    {
        var addresses = new List<IPAddress>();
        var parts = Split(text);
        foreach (var part in parts)
        {
            if (!IPAddress.TryParse(part, out var address) || address.IsIPv6LinkLocal || address.IsIPv6Multicast)
            {
                problems.Add($"{AddressesVariable} contains '{part}': expected IPv4 and IPv6 addresses separated by commas. Link-local addresses cannot be advertised.");
                continue;
            }

            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            if (families.Contains(address.AddressFamily) && !addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        if (parts.Length == 0)
        {
            problems.Add($"{AddressesVariable} contains no address: set it to the addresses at which clients reach this node.");
        }
        else if (addresses.Count == 0 && problems.Count == 0)
        {
            problems.Add($"{AddressesVariable} is '{text}', which has no address of a family in {FamiliesVariable}: add one, or change the families.");
        }

        return addresses;
    }

    /// <summary>Leaves out IPv6 addresses where IPv6 is disabled, as the external addresses of a dual-stack cluster node in a Pod without IPv6.</summary>
    private static List<IPAddress> Served(List<IPAddress> addresses, IReadOnlyCollection<IPAddress> local, List<string> problems)
    {
        if (local.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            return addresses;
        }

        var served = addresses.FindAll(address => address.AddressFamily != AddressFamily.InterNetworkV6);
        if (served.Count == 0 && addresses.Count > 0)
        {
            problems.Add($"{AddressesVariable} and {FamiliesVariable} leave IPv6 addresses only, and IPv6 is disabled here: enable it (net.ipv6.conf.all.disable_ipv6=0, no ipv6.disable=1), or add an IPv4 address.");
        }

        return served;
    }

    private static string[] Split(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
