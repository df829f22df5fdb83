using System.Text;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;
using MeetOperator.Signaling.Transport;

namespace MeetOperator.Signaling.Features.Chat;

/// <summary>
/// Stores the chat messages of members in the database, for each member one at a time, so that a slow or restarting database does not delay other messages. Each message
/// is either stored, and then delivered to its sender like to all members, or answered with an <c>error</c> that has its reference. Thread-safe.
/// </summary>
internal sealed partial class ChatOutbox(IMeeting meeting, ChatLog log, ILoggerFactory loggers)
{
    private const string DatabaseUnavailable = "The chat message was not stored because the database is unavailable. Send it again.";

    private readonly ILogger _logger = loggers.CreateLogger<ChatOutbox>();

    public void Enqueue(Member from, ChatMessage message)
    {
        if (!from.Work.TryPost(() => StoreAsync(from, message)))
        {
            Reject(from, message, DatabaseUnavailable);
        }
    }

    private static void Reject(Member from, ChatMessage message, string reason) => from.Send(new ErrorMessage(ErrorCode.Unavailable, reason, message.Reference));

    private async Task StoreAsync(Member from, ChatMessage message)
    {
        try
        {
            if (await AppendAsync(from, message).ConfigureAwait(false) is AppendOutcome.NoMeeting or AppendOutcome.NotMember)
            {
                from.Send(new ErrorMessage(ErrorCode.Forbidden, "The chat message was not stored because the meeting has ended or you are no longer in it.", message.Reference));
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            LogNotStored(_logger, from.ParticipantId, e.Message);
            Reject(from, message, DatabaseUnavailable);
        }
        catch (Exception e)
        {
            LogFailed(_logger, e, from.ParticipantId);
            Reject(from, message, "The chat message was not stored because of a server error.");
        }
    }

    /// <summary>
    /// Stores a message and announces it to all replicas. The database orders the messages and rejects messages from senders that are not in the meeting.
    /// </summary>
    private async Task<AppendOutcome> AppendAsync(Member from, ChatMessage message)
    {
        var row = new ChatRow
        {
            Tenant = meeting.Key.Tenant,
            MeetingId = meeting.Key.MeetingId,
            SenderId = from.ParticipantId,
            DisplayName = from.Identity.DisplayName,
            Content = message.Message,
            Timestamp = meeting.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            Reference = message.Reference ?? ChatLog.NewReference(),
        };
        var (outcome, stored) = await log.AppendAsync(row, meeting.Closed).ConfigureAwait(false);
        if (stored is null)
        {
            return outcome;
        }

        var frame = log.FrameOf(stored);
        if (outcome == AppendOutcome.Duplicate)
        {
            // The sender reconnected before the acknowledgement arrived.
            from.Transport.Send(frame, Lane.Required);
        }

        await meeting.PublishAsync(new BusEvent { Kind = BusEventKind.Chat, Sequence = log.PositionOf(stored), Text = Encoding.UTF8.GetString(frame) }).ConfigureAwait(false);
        return outcome;
    }

    [LoggerMessage(3061, LogLevel.Warning, "Participant {Participant}: a chat message was not stored because the database is unavailable: {Reason}")]
    private static partial void LogNotStored(ILogger logger, string participant, string reason);

    [LoggerMessage(3062, LogLevel.Error, "Participant {Participant}: failed to store a chat message.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
