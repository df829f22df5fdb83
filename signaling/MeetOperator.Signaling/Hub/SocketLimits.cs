using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Rate limits for messages and sockets on this instance. They are counted per participant, so that a new socket does not reset them, and also per
/// meeting and per tenant, so that no meeting or tenant uses up the capacity of the others.
/// </summary>
public sealed class SocketLimits : IDisposable
{
    public const int MessagesPerSecond = 50;
    public const int MaxBadMessages = 20;

    private const int TenantMessagesPerSecond = 10_000;
    private const int MeetingMessagesPerSecond = TenantMessagesPerSecond / 2;
    private const int RelayedBytesPerSecond = 32 * 1024;
    private const int RelayedBytesAtOnce = 256 * 1024;

    private readonly Throttle messages = new(MessagesPerSecond, MessagesPerSecond);
    private readonly Throttle meetingMessages = new(MeetingMessagesPerSecond, 2 * MeetingMessagesPerSecond);
    private readonly Throttle tenantMessages = new(TenantMessagesPerSecond, 2 * TenantMessagesPerSecond);
    private readonly Throttle relayed = new(RelayedBytesPerSecond, RelayedBytesAtOnce);
    private readonly Throttle openings = Throttle.OneEvery(TimeSpan.FromSeconds(1), burst: 20);

    /// <summary>Null when the participant's own budget has one more message.</summary>
    public ProtocolError? TakeMessage(SocketIdentity from) =>
        !messages.TryTake(Key(from.Meeting, from.ParticipantId)) ? new ProtocolError(ErrorCode.RateLimited, $"At most {MessagesPerSecond} messages a second.")
        : null;

    /// <summary>Null when the budgets of the meeting and of its tenant have one more message. Who is refused here may have sent little.</summary>
    public ProtocolError? TakeSharedMessage(MeetingKey meeting) =>
        !meetingMessages.TryTake(meeting.ToString()) ? new ProtocolError(ErrorCode.RateLimited, "The meeting's participants send too many messages at once.")
        : !tenantMessages.TryTake(meeting.Tenant) ? new ProtocolError(ErrorCode.RateLimited, "The tenant's participants send too many messages at once.")
        : null;

    /// <summary>Null when the participant may have a frame of this many bytes relayed.</summary>
    public ProtocolError? TakeRelayed(SocketIdentity from, int bytes) =>
        bytes > ProtocolLimits.MaxRelayedBytes ? new ProtocolError(ErrorCode.TooLarge, $"What is relayed to a participant has at most {ProtocolLimits.MaxRelayedBytes} bytes once serialized.")
        : !relayed.TryTake(Key(from.Meeting, from.ParticipantId), bytes) ? new ProtocolError(ErrorCode.RateLimited, "Too much is relayed for this participant at once. Send it again later.")
        : null;

    /// <summary>False when the participant opens sockets too fast.</summary>
    public bool TryOpen(MeetingKey meeting, string participantId) => openings.TryTake(Key(meeting, participantId));

    public void Dispose()
    {
        messages.Dispose();
        meetingMessages.Dispose();
        tenantMessages.Dispose();
        relayed.Dispose();
        openings.Dispose();
    }

    private static string Key(MeetingKey meeting, string participantId) => $"{meeting.Tenant}/{meeting.MeetingId}/{participantId}";
}
