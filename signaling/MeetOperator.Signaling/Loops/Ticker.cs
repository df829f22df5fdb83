using MeetOperator.Signaling.Tracing;

namespace MeetOperator.Signaling.Loops;

/// <summary>Repeats an action at an interval.</summary>
internal static class Ticker
{
    /// <summary>Runs <paramref name="tick"/> after each interval, one at a time, until it is cancelled. Does not wait for a running action then. An exception ends it.</summary>
    public static async Task RunAsync(TimeSpan interval, TimeProvider time, Func<Task> tick, CancellationToken ct)
    {
        SignalingTracing.LeaveCurrent();
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                await tick().WaitAsync(ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The caller has cancelled it.
        }
    }
}
