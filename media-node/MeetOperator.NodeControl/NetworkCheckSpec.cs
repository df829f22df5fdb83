namespace MeetOperator.NodeControl;

/// <summary>Opens a network check. The node limits the checks that are open at once, by tenant and by caller.</summary>
public sealed record NetworkCheckSpec
{
    /// <summary>Maximum length of <see cref="Tenant"/>, <see cref="Caller"/> and <see cref="Room"/>.</summary>
    public const int MaxLength = 253;

    /// <summary>The tenant of the meeting for which a person checks the network.</summary>
    public required string Tenant { get; init; }

    /// <summary>What tells the person, or the network, from others; for example a hash of the address.</summary>
    public required string Caller { get; init; }

    /// <summary>Whether the person is a participant of the meeting. Some checks are only for participants.</summary>
    public bool IsMember { get; init; }

    /// <summary>The room of the meeting. The check uses the UDP port of its hub, if the node has the room. Null for no meeting.</summary>
    public string? Room { get; init; }

    /// <summary>In which ways participants of the meeting may reach the node: the connections of the check may use no others. Null when nothing is limited.</summary>
    public RoomConnectivity? Connectivity { get; init; }
}
