namespace MeetOperator.Signaling.Settings;

/// <summary>Intervals and timeouts. <c>docs/signaling-protocol.md</c> and <c>docs/node-control.md</c> define the defaults.</summary>
public sealed record SignalingTimings
{
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Timeout for the response to a ping; then the socket is closed. Including the ping interval and <see cref="ReconnectTimeout"/>, participants leave at
    /// most 13 s after the last received data, unless the bus is unavailable.
    /// </summary>
    public TimeSpan PongTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a participant can reconnect before the other participants see it leave.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>
    /// Lifetime of presence entries, which are renewed every <see cref="TickInterval"/>. The participants of a crashed replica leave after this time.
    /// </summary>
    public TimeSpan PresenceLifetime { get; init; } = TimeSpan.FromSeconds(12);
    public TimeSpan TickInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a join waits until the meeting has a media node.</summary>
    public TimeSpan PlacementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a participant waits while all media nodes of the meeting are full before it is told so. The operator may be adding a node.</summary>
    public TimeSpan PlaceTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeout for the <c>join</c> message on a new socket.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeout for the first byte on a new connection.</summary>
    public TimeSpan FirstByteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeout from the first to the last fragment of a message.</summary>
    public TimeSpan MessageTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Timeout for the acknowledgement of a relayed message by another replica.</summary>
    public TimeSpan RelayAcknowledgementTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Interval at which participants are refreshed on the media node.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeout of one call to a media node.</summary>
    public TimeSpan NodeCallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Timeout of a new connection to a media node, including TLS.</summary>
    public TimeSpan NodeConnectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the event stream of a media node that seemed to have failed must be open before participants who have left the node return. Each further time it is twice as long, up to 16 times
    /// as long.
    /// </summary>
    public TimeSpan NodeReturnDelay { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long nobody must have needed the SFU before media flows directly between the participants.</summary>
    public TimeSpan DirectDelay { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan CodeLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a place stays reserved after a join over REST if the meeting is full and the participant has not connected.</summary>
    public TimeSpan FirmReservation { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Shortest time between two quality reports of a participant that count. Clients send one every 10 s.</summary>
    public TimeSpan QualityReportInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two writes of quality reports to the database, for each meeting and replica.</summary>
    public TimeSpan QualityWriteInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long after the end of a meeting its participants can still answer the survey.</summary>
    public TimeSpan SurveyAfterEnd { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Interval at which open rows are compared with Meeting objects.</summary>
    public TimeSpan RowCheckInterval { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan TicketLifetime { get; init; } = TimeSpan.FromHours(6);

    /// <summary>Lifetime of host tokens, from the planned start of the meeting or from now, whichever is later.</summary>
    public TimeSpan HostTokenLifetime { get; init; } = TimeSpan.FromHours(24);
}
