using System.Net;
using System.Net.Sockets;
using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>Checks whether host ports are free, because programs outside this node may use them.</summary>
public static class PortProbe
{
    /// <summary>A description of the first host port of the Pod that is in use, or null if all are free.</summary>
    internal static string? FindBusyPort(PodSpec spec)
    {
        foreach (var port in spec.Containers.SelectMany(c => c.Ports ?? []).Where(p => p.HostPort is > 0))
        {
            var udp = port.Protocol == "UDP";
            if (!IsFree(port.HostPort!.Value, udp))
            {
                return $"host port {port.HostPort}/{(udp ? "UDP" : "TCP")} is in use by another program on this host";
            }
        }

        return null;
    }

    /// <summary>Whether the port can currently be bound on all addresses.</summary>
    public static bool IsFree(int port, bool udp)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        if (!udp)
        {
            // Connections of an ended server in TIME_WAIT do not block the port.
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
