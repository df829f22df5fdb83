using System.Net;
using System.Net.Sockets;
using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Asks the machine whether a host port is free: programs outside of this node use ports too.</summary>
public static class PortProbe
{
    /// <summary>The first host port of the Pod that something else holds, in words; null when all are free.</summary>
    internal static string? Busy(PodSpec spec)
    {
        foreach (var port in spec.Containers.SelectMany(c => c.Ports ?? []).Where(p => p.HostPort is > 0))
        {
            var udp = port.Protocol == "UDP";
            if (!IsFree(port.HostPort!.Value, udp))
            {
                return $"host port {port.HostPort}/{(udp ? "UDP" : "TCP")} is in use by another program of this machine";
            }
        }

        return null;
    }

    /// <summary>Whether the port can be bound on all addresses right now.</summary>
    public static bool IsFree(int port, bool udp)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        if (!udp)
        {
            // Connections of a server that just left linger in TIME_WAIT; they do not hold the port.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        }

        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
