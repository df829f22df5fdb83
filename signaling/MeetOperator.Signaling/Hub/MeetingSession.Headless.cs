using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Hub;

/// <summary>Manages participants without a socket (WHIP, WHEP).</summary>
public sealed partial class MeetingSession
{
    /// <summary>
    /// Records a session that is being opened. It may replace the participant's only session, and other participants must not see the participant leave in
    /// between.
    /// </summary>
    public Task<bool> AddOpeningSessionAsync(string participantId, string opening) => _loop.InvokeAsync(async () =>
    {
        await _headless.AddSessionAsync(participantId, opening).ConfigureAwait(false);
        return true;
    });

    /// <summary>
    /// Shows the participant to the other participants until its last session ends, unless the meeting is full or a host removed the participant. Takes ownership of
    /// <paramref name="hold"/>, which keeps this session open meanwhile.
    /// </summary>
    public Task<EnterOutcome> AddHeadlessAsync(ParticipantRow row, string sessionId, SessionHold hold) => _loop.InvokeAsync(async () =>
    {
        await _headless.AddSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
        var kept = false;
        try
        {
            if (_roster.Find(row.ParticipantId) is { IsShared: false })
            {
                // The participant is already shown because it has a socket.
                return EnterOutcome.Entered;
            }

            var result = await _presence.EnterAsync(_headless.EntryOf(row), Capacity()).ConfigureAwait(false);
            var outcome = _removed.Contains(row.ParticipantId) ? EnterOutcome.Removed : result.Outcome;
            if (outcome is EnterOutcome.Full or EnterOutcome.Removed)
            {
                await _headless.EndSessionAsync(row.ParticipantId, sessionId).ConfigureAwait(false);
                return outcome;
            }

            kept = _headless.TryAdd(result.Entry!, sessionId, hold);
            await PublishChangeAsync(result.Entry!).ConfigureAwait(false);
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

    /// <summary>Handles the end of a session, or of a failed attempt to open one. Returns true if it was the last session of the participant.</summary>
    public Task<bool> EndHeadlessSessionAsync(string participantId, string sessionId) => _loop.InvokeAsync(async () =>
    {
        var last = await _headless.EndSessionAsync(participantId, sessionId).ConfigureAwait(false);
        if (last)
        {
            await RemoveHeadlessAsync(participantId).ConfigureAwait(false);
        }

        return last;
    });
}
