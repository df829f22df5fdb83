using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Lines of one socket on their way to the database, one after the other, so that a database that is slow or restarts holds up nothing else.
/// Each line is either stored, and then comes back to its sender as everybody's does, or answered with an <c>error</c> that names it.
/// </summary>
public sealed partial class ChatOutbox(ClientSocket socket, MeetingSession session, MeetingServices services) : IAsyncDisposable
{
    /// <summary>Lines that may wait: more than a person writes while a database restarts.</summary>
    private const int MaxWaiting = 50;
    private const string TryAgain = "The line was not stored: the database does not answer. Send it again.";

    private readonly ILogger logger = services.Loggers.CreateLogger<ChatOutbox>();
    private readonly SessionLoop storing = new(_ => { });
    private int waiting;

    public void Take(Member from, ChatMessage line)
    {
        if (Interlocked.Increment(ref waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref waiting);
            Refuse(line, TryAgain);
            return;
        }

        storing.Post(async () =>
        {
            try
            {
                await StoreAsync(from, line).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref waiting);
            }
        });
    }

    /// <summary>Ends when every line that was taken is stored or refused.</summary>
    public ValueTask DisposeAsync() => storing.DisposeAsync();

    private async Task StoreAsync(Member from, ChatMessage line)
    {
        try
        {
            var outcome = await session.ChatAsync(from, line).ConfigureAwait(false);
            if (outcome is AppendOutcome.NoMeeting or AppendOutcome.NotMember)
            {
                socket.Send(new ErrorMessage(ErrorCode.Forbidden, "The line was not stored: the meeting has ended, or you are not in it any more.", line.Reference));
            }
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            LogNotStored(logger, from.ParticipantId, e.Message);
            Refuse(line, TryAgain);
        }
        catch (Exception e)
        {
            LogFailed(logger, e, from.ParticipantId);
            Refuse(line, "The line was not stored: the server failed.");
        }
    }

    private void Refuse(ChatMessage line, string why) => socket.Send(new ErrorMessage(ErrorCode.Unavailable, why, line.Reference));

    [LoggerMessage(3061, LogLevel.Warning, "Participant {Participant}: a chat line was not stored: {Reason}")]
    private static partial void LogNotStored(ILogger logger, string participant, string reason);

    [LoggerMessage(3062, LogLevel.Error, "Participant {Participant}: storing a chat line failed.")]
    private static partial void LogFailed(ILogger logger, Exception e, string participant);
}
