using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Loops;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Protocol.Client;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// Stores the chat messages of one socket in the database, one at a time, so that a slow or restarting database does not delay other messages. Each message is
/// either stored, and then delivered to its sender like to all members, or answered with an <c>error</c> that has its reference.
/// </summary>
public sealed partial class ChatOutbox(ClientSocket socket, MeetingSession session, MeetingServices services) : IAsyncDisposable
{
    /// <summary>Maximum number of queued messages: more than a user writes while the database restarts.</summary>
    private const int MaxWaiting = 50;
    private const string DatabaseUnavailable = "The chat message was not stored because the database is unavailable. Send it again.";

    private readonly ILogger _logger = services.Loggers.CreateLogger<ChatOutbox>();
    private readonly SessionLoop _storing = new(_ => { });
    private int _waiting;

    public void Enqueue(Member from, ChatMessage message)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            Reject(message, DatabaseUnavailable);
            return;
        }

        _storing.Post(async () =>
        {
            try
            {
                await StoreAsync(from, message).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        });
    }

    /// <summary>Completes when every queued message is stored or rejected.</summary>
    public ValueTask DisposeAsync() => _storing.DisposeAsync();

    private async Task StoreAsync(Member from, ChatMessage message)
    {
        try
        {
            var outcome = await session.ChatAsync(from, message).ConfigureAwait(false);
            if (outcome is AppendOutcome.NoMeeting or AppendOutcome.NotMember)
            {
                socket.Send(new ErrorMessage(ErrorCode.Forbidden, "The chat message was not stored because the meeting has ended or you are no longer in it.", message.Reference));
            }
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            LogNotStored(_logger, from.ParticipantId, e.Message);
            Reject(message, DatabaseUnavailable);
        }
        catch (Exception e)
        {
            LogFailed(_logger, e, from.ParticipantId);
            Reject(message, "The chat message was not stored because of a server error.");
        }
    }

    private void Reject(ChatMessage message, string reason) => socket.Send(new ErrorMessage(ErrorCode.Unavailable, reason, message.Reference));

    [LoggerMessage(3061, LogLevel.Warning, "Participant {Participant}: a chat message was not stored because the database is unavailable: {Reason}")]
    private static partial void LogNotStored(ILogger logger, string participant, string reason);

    [LoggerMessage(3062, LogLevel.Error, "Participant {Participant}: failed to store a chat message.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
