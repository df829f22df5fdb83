namespace MeetOperator.Signaling;

/// <summary>How long things take; the defaults are those of <c>docs/signaling-protocol.md</c> and <c>docs/node-control.md</c>.</summary>
public sealed record SignalingTimings
{
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>A ping without an answer for this long ends the socket: with the interval and the return time, at most 13 s after the last sign of life.</summary>
    public TimeSpan PongTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a lost socket may take to come back before the others are told.</summary>
    public TimeSpan ReturnTime { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Life of presence entries; they are renewed every <see cref="Tick"/>, so this is how long a dead instance's people stay.</summary>
    public TimeSpan PresenceLife { get; init; } = TimeSpan.FromSeconds(12);
    public TimeSpan Tick { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a join waits for a media node.</summary>
    public TimeSpan PlacementWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a socket may take to say <c>join</c>.</summary>
    public TimeSpan JoinWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection may say nothing.</summary>
    public TimeSpan FirstByte { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a message may take from its first piece to its last.</summary>
    public TimeSpan MessageWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long another instance may take to say that it delivered what a participant has relayed.</summary>
    public TimeSpan RelayAcknowledgement { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Participants are shown to the media node this often.</summary>
    public TimeSpan Touch { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Limit of one call to a media node.</summary>
    public TimeSpan NodeCall { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Limit of a new connection to a media node, TLS included.</summary>
    public TimeSpan NodeConnect { get; init; } = TimeSpan.FromSeconds(2);
    public TimeSpan CodeLife { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a place is kept for who has joined over REST and is not connected, when somebody else needs it.</summary>
    public TimeSpan PlaceFirm { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Open rows are compared with the Meeting objects this often.</summary>
    public TimeSpan RowCheck { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan TicketLife { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Counted from the planned start when that is later than now.</summary>
    public TimeSpan HostTokenLife { get; init; } = TimeSpan.FromHours(24);
}
