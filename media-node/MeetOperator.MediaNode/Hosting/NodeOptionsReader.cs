using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>Reads <see cref="NodeOptions"/> from environment variables; every mistake is named with its variable.</summary>
public static class NodeOptionsReader
{
    public const string NameVariable = "MEET_NODE_NAME";
    public const string CertificateVariable = "MEET_NODE_CERTIFICATE";
    public const string KeyVariable = "MEET_NODE_KEY";
    public const string AuthoritiesVariable = "MEET_NODE_AUTHORITIES";
    public const string ControlVariable = "MEET_CONTROL_ADDRESS";
    public const string PortsVariable = "MEET_UDP_PORTS";
    public const string AddressesVariable = "MEET_ADVERTISED_ADDRESSES";
    public const string MaxParticipantsVariable = "MEET_MAX_PARTICIPANTS";
    public const string ShutdownVariable = "MEET_SHUTDOWN_SECONDS";

    /// <summary>Returns the options, or null with what has to be put right.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="own">The addresses of this network namespace.</param>
    /// <param name="errors">One sentence a mistake.</param>
    public static NodeOptions? Read(Func<string, string?> variable, IReadOnlyCollection<IPAddress> own, out IReadOnlyList<string> errors)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var problems = new List<string>();
        errors = problems;
        var name = variable(NameVariable);
        if (string.IsNullOrWhiteSpace(name))
        {
            problems.Add($"{NameVariable} is missing: set it to the SfuNode's name.");
        }

        if (!ControlCredentials.TryRead(variable(CertificateVariable), variable(KeyVariable), variable(AuthoritiesVariable), out var credentials, out var unreadable))
        {
            problems.Add($"{CertificateVariable}, {KeyVariable} and {AuthoritiesVariable} must hold PEM texts of the node's certificate, its key and the authorities to trust: {unreadable}.");
        }

        if (!TryControl(variable(ControlVariable) ?? "0.0.0.0:8090", out var control))
        {
            problems.Add($"{ControlVariable} is '{variable(ControlVariable)}': expected <address>:<port>, for example 0.0.0.0:8090.");
        }

        var ports = Ports(variable(PortsVariable), problems);
        var addresses = Addresses(variable(AddressesVariable), problems);
        var limit = Number(variable, MaxParticipantsVariable, 500, 1, 100_000, problems);
        var shutdown = Number(variable, ShutdownVariable, 25, 0, 86_400, problems);
        return problems.Count > 0 ? null : new NodeOptions
        {
            Name = name!,
            Credentials = credentials,
            ControlAddress = control!,
            UdpPorts = ports,
            AdvertisedAddresses = addresses,
            MaxParticipants = limit,
            ShutdownTimeout = TimeSpan.FromSeconds(shutdown),
            BindAddress = BindAddress.Choose(addresses, own),
        };
    }

    /// <summary>Also an IPv6 address without brackets, as a Pod's own address comes: a port always follows the last colon.</summary>
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

    private static int Number(Func<string, string?> variable, string name, int usual, int least, int most, List<string> problems)
    {
        if (variable(name) is not { Length: > 0 } text)
        {
            return usual;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        problems.Add($"{name} is '{text}': expected a number from {least} to {most}.");
        return usual;
    }

    private static List<int> Ports(string? text, List<string> problems)
    {
        var ports = new List<int>();
        foreach (var part in Split(text))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535 || ports.Contains(port))
            {
                problems.Add($"{PortsVariable} holds '{part}': expected different UDP ports from 1 to 65535, separated by commas.");
                continue;
            }

            ports.Add(port);
        }

        if (ports.Count == 0)
        {
            problems.Add($"{PortsVariable} names no port: set it to one UDP port a loop, for example 10000,10001.");
        }

        return ports;
    }

    private static List<IPAddress> Addresses(string? text, List<string> problems)
    {
        var addresses = new List<IPAddress>();
        foreach (var part in Split(text))
        {
            if (!IPAddress.TryParse(part, out var address) || address.AddressFamily != AddressFamily.InterNetwork)
            {
                problems.Add($"{AddressesVariable} holds '{part}': expected IPv4 addresses separated by commas.");
                continue;
            }

            addresses.Add(address);
        }

        if (addresses.Count == 0)
        {
            problems.Add($"{AddressesVariable} names no address: set it to the IPv4 addresses under which clients reach this node.");
        }

        return addresses;
    }

    private static string[] Split(string? text) => (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
