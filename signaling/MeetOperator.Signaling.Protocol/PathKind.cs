namespace MeetOperator.Signaling.Protocol;

/// <summary>The way that a participant's media takes.</summary>
public enum PathKind
{
    /// <summary>Directly to the media node over UDP.</summary>
    Udp,

    /// <summary>Directly to the media node over TCP.</summary>
    Tcp,

    /// <summary>Through a relay (TURN) that the client reaches over UDP.</summary>
    RelayUdp,

    /// <summary>Through a relay that the client reaches over TCP.</summary>
    RelayTcp,

    /// <summary>Through a relay that the client reaches over TLS.</summary>
    RelayTls,

    /// <summary>On a tunnel through signaling.</summary>
    Tunnel,

    /// <summary>Directly to other participants.</summary>
    P2p,

    /// <summary>No path to the media node gets through.</summary>
    None,
}
