using System.ComponentModel;
using System.Net;
using MeetOperator.Native.Sockets;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Opens the sockets of one loop: one for each address family, all with the same port.</summary>
internal static class LoopSockets
{
    /// <summary>How many ports are tried when the kernel chooses the port. Another process can have it in the other family.</summary>
    private const int Attempts = 16;

    /// <param name="addresses">Local addresses; at most one of each family.</param>
    /// <param name="port">The port; 0 lets the kernel choose.</param>
    /// <param name="bufferBytes">Requested size of the kernel buffers of each socket.</param>
    /// <exception cref="Win32Exception">An address cannot be bound.</exception>
    public static UdpSocket[] Open(IReadOnlyList<IPAddress> addresses, int port, int bufferBytes)
    {
        for (var attempt = 1; ; attempt++)
        {
            var sockets = new List<UdpSocket>(addresses.Count);
            try
            {
                foreach (var address in addresses)
                {
                    sockets.Add(new UdpSocket(address, sockets.Count == 0 ? port : sockets[0].Port, bufferBytes));
                }

                return [.. sockets];
            }
            catch (Win32Exception)
            {
                sockets.ForEach(socket => socket.Dispose());
                if (port != 0 || sockets.Count == 0 || attempt == Attempts)
                {
                    throw;
                }
            }
        }
    }
}
