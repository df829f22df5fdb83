namespace MeetOperator.MediaNode.Loops;

/// <summary>Why a TCP connection ended. Each reason has a counter.</summary>
internal enum StreamEnd
{
    /// <summary>The client closed the connection, or it broke.</summary>
    ClosedByPeer,

    /// <summary>The session of the connection ended.</summary>
    SessionEnded,

    /// <summary>The media node is shutting down.</summary>
    Shutdown,

    /// <summary>The process has no more file descriptors.</summary>
    NoDescriptors,

    /// <summary>Its address has too many connections that are not authenticated yet.</summary>
    TooManyOfAddress,

    /// <summary>A newer connection replaced it, because too many are not authenticated yet.</summary>
    TooManyUnauthenticated,

    /// <summary>The node has too many connections.</summary>
    TooMany,

    /// <summary>The tenant already has as many connections as are free on the media node. It gets no more.</summary>
    TooManyOfTenant,

    /// <summary>Its address has too many connections with sessions.</summary>
    TooManyOpenOfAddress,

    /// <summary>The session has newer connections, and only some are kept.</summary>
    TooManyOfSession,

    /// <summary>No connectivity check arrived in time: nothing, or one byte after the other.</summary>
    NoCheckInTime,

    /// <summary>The first frame is not a connectivity check.</summary>
    NoCheck,

    /// <summary>The first frame was a check of reachability, and was answered.</summary>
    Answered,

    /// <summary>The check names a session that does not exist.</summary>
    UnknownSession,

    /// <summary>The check has a wrong password.</summary>
    WrongPassword,

    /// <summary>The room denies TCP.</summary>
    Denied,

    /// <summary>The length of a frame is more than a packet can have.</summary>
    FrameTooLong,

    /// <summary>Nothing authentic arrived for a long time: the client is gone, sends nothing, or sends the rest of a frame too slowly.</summary>
    Idle,

    /// <summary>The client does not read what it is sent.</summary>
    NotRead,

    /// <summary>The client reads nothing of what it is sent, and what waits for such clients takes too much memory.</summary>
    TooMuchWaiting,

    /// <summary>All that arrives is rejected.</summary>
    Rejected,

    /// <summary>The loop of the session stood still and did not take the connection in time.</summary>
    NotTaken,

    /// <summary>An unexpected error while the session got the connection.</summary>
    Failed,
}
