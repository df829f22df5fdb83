using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using MeetOperator.Contracts;

namespace MeetOperator.Local;

/// <summary>Addresses and ports that follow from the one port that the person chose, so that two installations do not meet.</summary>
public static class LocalNetwork
{
    private const int FirstMediaPort = 20_000;
    private const int BlockSize = 64;

    // Up to 32,031: below the range from which Linux takes ports for outgoing connections (32,768 on).
    private const int Blocks = 188;

    /// <summary>First three bytes of the Pods' addresses: 127.&lt;port high&gt;.&lt;port low&gt;.</summary>
    public static string PodAddressPrefix(int port) => $"127.{port >> 8}.{port & 0xFF}";

    /// <summary>A block of UDP ports that are free now, the same one at every start while nothing else takes it.</summary>
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

        throw new LocalException($"no {BlockSize} free UDP ports in a row between {FirstMediaPort} and {FirstMediaPort + (Blocks * BlockSize) - 1}: end what holds them");
    }

    /// <summary>This machine's first IPv4 address that others can reach, or null when it has none.</summary>
    public static IPAddress? FirstAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(i => i.GetIPProperties().UnicastAddresses)
        .Select(a => a.Address)
        .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a) && !a.ToString().StartsWith("169.254.", StringComparison.Ordinal));
}
