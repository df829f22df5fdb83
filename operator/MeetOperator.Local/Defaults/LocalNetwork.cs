using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Defaults;

/// <summary>Derives addresses and ports from the configured HTTP port, so that several installations do not conflict.</summary>
internal static class LocalNetwork
{
    private const int FirstMediaPort = 20_000;
    private const int BlockSize = 64;

    // Up to 32,031, which is below the Linux default range for outgoing connections (from 32,768).
    private const int Blocks = 188;

    // Before the blocks. Pools of tenants may not have the ports of Services of type NodePort (30,000 to 32,767).
    private const int FirstTurnPort = 19_200;
    private const int TurnPorts = 700;

    /// <summary>
    /// Ports from which the relay sends to media nodes, as many as a tenant's pool may have. They are above the Linux default range for outgoing connections (32,768 to 60,999): media nodes recognize a
    /// relay by address and port, and browsers on this machine may have the address of the relay.
    /// </summary>
    public static readonly PortRange RelayPorts = new() { Min = 61_000, Max = 65_095 };

    /// <summary>First three bytes of the Pods' addresses: 127.&lt;port high&gt;.&lt;port low&gt;.</summary>
    public static string PodAddressPrefix(int port) => $"127.{port >> 8}.{port & 0xFF}";

    /// <summary>A block of UDP ports that are free now. It is the same at every start unless another process uses it.</summary>
    /// <exception cref="LocalException">No block is free.</exception>
    public static PortRange MediaPorts(int port, Func<int, bool> isFree)
    {
        for (var i = 0; i < Blocks; i++)
        {
            var first = FirstMediaPort + ((port + i) % Blocks * BlockSize);
            if (Enumerable.Range(first, BlockSize).All(isFree))
            {
                return new PortRange { Min = first, Max = first + BlockSize - 1 };
            }
        }

        throw new LocalException($"no {BlockSize} consecutive free UDP ports between {FirstMediaPort} and {FirstMediaPort + (Blocks * BlockSize) - 1}: stop the processes that use them");
    }

    /// <summary>A port for the relay that is free now for UDP and TCP, the same at every start unless another process uses it. Null if none is free.</summary>
    public static int? TurnPort(int port, Func<int, bool> isFree) =>
        Enumerable.Range(0, TurnPorts).Select(i => FirstTurnPort + ((port + i) % TurnPorts)).Where(isFree).Select(found => (int?)found).FirstOrDefault();

    /// <summary>Whether this host has the address ::1. Containers often have no IPv6.</summary>
    public static bool HasIPv6Loopback() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Any(a => a.Address.Equals(IPAddress.IPv6Loopback));

    /// <summary>The first IPv4 address of this host that others can reach, or null.</summary>
    public static IPAddress? FirstAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a) && !a.ToString().StartsWith("169.254.", StringComparison.Ordinal));
}
