namespace MeetOperator.MediaNode.Paths;

/// <summary>Why a session may not use a path. Each reason has a counter.</summary>
internal enum PathDenial
{
    None,

    /// <summary>The path is a TCP connection, and the room denies TCP.</summary>
    Tcp,

    /// <summary>The path does not come from a relay, and the room allows relays only.</summary>
    Direct,

    /// <summary>The path comes from a relay, and the room denies relays.</summary>
    Relay,

    /// <summary>The path is a tunnel, and the room does not allow them.</summary>
    Tunnel,
}
