namespace MeetOperator.Relay.Transport;

/// <summary>The reason that a link datagram was dropped. Each reason has its own counter.</summary>
public enum LinkDropReason : byte
{
    None,

    /// <summary>The datagram is none of a link, has a wrong length, or has malformed content.</summary>
    Malformed,

    /// <summary>No link has the tag.</summary>
    UnknownTag,

    /// <summary>The handshake uses a secret that this end does not have.</summary>
    UnknownEpoch,

    /// <summary>No session has the number: it has ended, or the process of this end has restarted.</summary>
    UnknownSession,

    /// <summary>The MAC or the authentication tag is invalid.</summary>
    NotAuthentic,

    /// <summary>The packet was received before or is older than the replay window.</summary>
    Replayed,

    /// <summary>The handshake message answers none that is open: it is late, a copy, a replay, or of a role that this end has.</summary>
    Unexpected,

    /// <summary>The handshake has a version that this end does not speak.</summary>
    Version,

    /// <summary>The rate of hellos exceeds what a peer needs.</summary>
    Rate,

    /// <summary>The packet has a new SSRC and the peer has reached the maximum number of streams.</summary>
    TooManyStreams,

    /// <summary>The link is closed at this end.</summary>
    Closed,
}
