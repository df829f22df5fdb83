using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// Wakes waiting meetings when something becomes free: the oldest at once, and all of them a few seconds later, since the oldest may wait for something else.
/// </summary>
internal sealed class PendingWakeups(PendingMeetings pending, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private int _free;

    public Action<NamespacedName> Wake { get; set; } = static _ => { };

    public void OnCapacityFreed()
    {
        Volatile.Write(ref _free, 1);
        foreach (var waiting in pending.Oldest())
        {
            Wake(waiting);
        }
    }

    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false))
            {
                WakeAllOnce();
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The term has ended.
        }
    }

    /// <summary>Wakes all waiting meetings if something became free since the last call.</summary>
    public void WakeAllOnce()
    {
        if (Interlocked.Exchange(ref _free, 0) == 0)
        {
            return;
        }

        foreach (var waiting in pending.All())
        {
            Wake(waiting);
        }
    }
}
