using MeetOperator.MediaNode.Paths;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Counts media packets that a loop dropped.</summary>
internal sealed class IngressDrops
{
    /// <summary>RTP packets that could exceed the path MTU after they are rewritten and encrypted for a subscriber.</summary>
    public long TooLarge { get; set; }

    /// <summary>RTP packets that are malformed or belong to no track.</summary>
    public long UnknownStream { get; set; }

    /// <summary>Datagrams of participants above their rate limit.</summary>
    public long OverRate { get; set; }

    /// <summary>RTP packets of audio tracks above the limit of their rate.</summary>
    public long AudioRate { get; set; }

    /// <summary>Datagrams over TCP, from other addresses than those of relays, and from relays, in rooms that deny them.</summary>
    public long TcpDenied { get; private set; }
    public long DirectDenied { get; private set; }
    public long RelayDenied { get; private set; }

    /// <summary>Packets on tunnels, in rooms that do not allow them.</summary>
    public long TunnelDenied { get; private set; }

    /// <summary>Packets for another loop of this media node that it did not take in time.</summary>
    public long LoopLinkFull { get; set; }

    /// <summary>Adds the datagrams on paths that rooms deny.</summary>
    public void AddDenied(Dictionary<string, long> drops) => (drops["TcpDenied"], drops["DirectDenied"], drops["RelayDenied"], drops["TunnelDenied"]) = (TcpDenied, DirectDenied, RelayDenied, TunnelDenied);

    public void Count(PathDenial denial) => _ = denial switch
    {
        PathDenial.Tcp => TcpDenied++,
        PathDenial.Direct => DirectDenied++,
        PathDenial.Relay => RelayDenied++,
        _ => TunnelDenied++,
    };
}
