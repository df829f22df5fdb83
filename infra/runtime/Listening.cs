using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeetOperator;

/// <summary>Opens the ports of a process.</summary>
internal static class Listening
{
    /// <summary>Listens on the address. <c>[::]</c> stands for all addresses of both families, and for those of IPv4 where the machine has no IPv6.</summary>
    public static void ListenOn(this KestrelServerOptions server, IPEndPoint address, Action<ListenOptions> configure)
    {
        if (address.Address.Equals(IPAddress.IPv6Any))
        {
            server.ListenAnyIP(address.Port, configure);
        }
        else
        {
            server.Listen(address, configure);
        }
    }
}
