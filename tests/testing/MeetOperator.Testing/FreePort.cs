using System.Net;
using System.Net.Sockets;

namespace MeetOperator.Testing;

/// <summary>Finds free TCP ports on loopback for servers that tests start.</summary>
public static class FreePort
{
    /// <summary>A port below those that the kernel assigns, so that no outgoing connection takes it before the server listens.</summary>
    public static int Next()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 30_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Another process has the port.
            }
        }
    }
}
