using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Features.Presence;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// Recovers one session after bus outages. Only a few meetings recover at a time; until then, the session keeps its state. At most one recovery waits, however often
/// the bus breaks meanwhile, because it reads the latest state. Thread-safe.
/// </summary>
internal sealed class SessionRecovery(IMeeting meeting, SemaphoreSlim slots, SessionPresence presence, MeetingFeatures features)
{
    private bool _isWaiting;

    /// <summary>Starts a recovery, unless one is already waiting. Failures are logged.</summary>
    public void Start()
    {
        meeting.Post(() =>
        {
            presence.HoldRemovals();
            return Task.CompletedTask;
        });
        _ = RunAsync();
    }

    private async Task RunAsync()
    {
        if (Interlocked.Exchange(ref _isWaiting, true))
        {
            return;
        }

        try
        {
            await slots.WaitAsync(meeting.Closed).ConfigureAwait(false);
            try
            {
                await meeting.InvokeAsync(RecoverAsync).ConfigureAwait(false);
            }
            finally
            {
                slots.Release();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The session has ended.
        }
        catch (Exception e)
        {
            meeting.LogFailure(e);
        }
    }

    private async Task<bool> RecoverAsync()
    {
        // An interruption from here on needs another recovery.
        Interlocked.Exchange(ref _isWaiting, false);
        if (!meeting.HasEnded)
        {
            presence.HoldRemovals();
            await features.ForEachAsync(feature => feature.OnRecoveredAsync()).ConfigureAwait(false);
        }

        return true;
    }
}
