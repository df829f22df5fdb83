using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>Participants that send or play media without a socket (WHIP, WHEP).</summary>
public sealed partial class MeetingSession
{
    /// <summary>A session is being opened, perhaps in place of the participant's only one: the others must not see it go in between.</summary>
    public Task<bool> OpeningHeadlessAsync(string participantId, string opening) => loop.AskAsync(async () =>
    {
        await headless.AddSessionAsync(participantId, opening).ConfigureAwait(false);
        return true;
    });

    /// <summary>
    /// Shows the participant to the others, until its last session has ended; not when the meeting is full or a host removed the participant.
    /// <paramref name="hold"/> keeps this session open meanwhile.
    /// </summary>
    public Task<EnterOutcome> AddHeadlessAsync(ParticipantRow row, string sessionId, SessionHold hold) => loop.AskAsync(async () =>
    {
        await headless.AddSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
        var kept = false;
        try
        {
            if (roster.Find(row.ParticipantId) is { IsShared: false })
            {
                // Shown by its socket.
                return EnterOutcome.Entered;
            }

            var result = await presence.EnterAsync(headless.EntryOf(row), Capacity()).ConfigureAwait(false);
            var outcome = removed.Contains(row.ParticipantId) ? EnterOutcome.Removed : result.Outcome;
            if (outcome is EnterOutcome.Full or EnterOutcome.Removed)
            {
                await headless.EndSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
                return outcome;
            }

            kept = headless.Keep(result.Entry!, sessionId, hold);
            await ChangedAsync(result.Entry!).ConfigureAwait(false);
            return outcome;
        }
        finally
        {
            if (!kept)
            {
                _ = hold.DisposeAsync().AsTask();
            }
        }
    });

    /// <summary>One session of a participant without a socket has ended, or was not opened in the end.</summary>
    public Task<bool> EndHeadlessAsync(string participantId, string sessionId) => loop.AskAsync(async () =>
    {
        var last = await headless.EndSessionAsync(participantId, sessionId).ConfigureAwait(false);
        if (last)
        {
            await DepartHeadlessAsync(participantId).ConfigureAwait(false);
        }

        return last;
    });
}
