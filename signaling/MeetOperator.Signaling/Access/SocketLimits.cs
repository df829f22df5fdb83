using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Access;

/// <summary>
/// Rate limits for messages and sockets on this replica. They are counted per participant, so that a new socket does not reset them, and also per
/// meeting and per tenant, so that no meeting or tenant uses up the capacity of the others.
/// </summary>
internal sealed class SocketLimits : IDisposable
{
    public const int MessagesPerSecond = 50;
    public const int MaxBadMessages = 20;

    private const int TenantMessagesPerSecond = 10_000;
    private const int MeetingMessagesPerSecond = TenantMessagesPerSecond / 2;
    private const int RelayedBytesPerSecond = 32 * 1024;
    private const int RelayedBytesAtOnce = 256 * 1024;

    private readonly Throttle _messages = new(MessagesPerSecond, MessagesPerSecond);
    private readonly Throttle _meetingMessages = new(MeetingMessagesPerSecond, 2 * MeetingMessagesPerSecond);
    private readonly Throttle _tenantMessages = new(TenantMessagesPerSecond, 2 * TenantMessagesPerSecond);
    private readonly Throttle _relayed = new(RelayedBytesPerSecond, RelayedBytesAtOnce);
    private readonly Throttle _openings = Throttle.OneEvery(TimeSpan.FromSeconds(1), burst: 20);

    /// <summary>Takes one message from the participant's budget. Returns an error if the budget is exhausted.</summary>
    public ProtocolError? TakeMessage(SocketIdentity from) =>
        !_messages.TryTake(Key(from.Meeting, from.ParticipantId)) ? new ProtocolError(ErrorCode.RateLimited, $"Too many messages. The limit is {MessagesPerSecond} messages per second.")
        : null;

    /// <summary>
    /// Takes one message from the shared budgets of the meeting and of its tenant. Returns an error if a budget is exhausted, possibly by other participants.
    /// </summary>
    public ProtocolError? TakeSharedMessage(MeetingKey meeting) =>
        !_meetingMessages.TryTake(meeting.ToString()) ? new ProtocolError(ErrorCode.RateLimited, "The participants of this meeting are sending too many messages. Try again later.")
        : !_tenantMessages.TryTake(meeting.Tenant) ? new ProtocolError(ErrorCode.RateLimited, "The participants of this tenant are sending too many messages. Try again later.")
        : null;

    /// <summary>
    /// Takes a relayed frame of this size from the participant's budget. Returns an error if the frame is too large or the budget is exhausted.
    /// </summary>
    public ProtocolError? TakeRelayed(SocketIdentity from, int bytes) =>
        bytes > ProtocolLimits.MaxRelayedBytes ? new ProtocolError(ErrorCode.TooLarge, $"The relayed message is too large. The limit is {ProtocolLimits.MaxRelayedBytes} bytes after serialization.")
        : !_relayed.TryTake(Key(from.Meeting, from.ParticipantId), bytes) ? new ProtocolError(ErrorCode.RateLimited, "This participant has exceeded the limit for relayed data. Send the message again later.")
        : null;

    /// <summary>Returns false if the participant opens sockets too fast.</summary>
    public bool TryOpen(MeetingKey meeting, string participantId) => _openings.TryTake(Key(meeting, participantId));

    public void Dispose()
    {
        _messages.Dispose();
        _meetingMessages.Dispose();
        _tenantMessages.Dispose();
        _relayed.Dispose();
        _openings.Dispose();
    }

    private static string Key(MeetingKey meeting, string participantId) => $"{meeting.Tenant}/{meeting.MeetingId}/{participantId}";
}
