using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Cluster;

/// <summary>Coalesces writes that change only figures: at most one per object every five seconds.</summary>
internal sealed class WriteThrottle(TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<NamespacedName, long> _last = new();

    /// <summary>How long a write must still wait; zero when it may proceed.</summary>
    public TimeSpan Wait(NamespacedName key)
    {
        if (!_last.TryGetValue(key, out var written))
        {
            return TimeSpan.Zero;
        }

        var left = Interval - time.GetElapsedTime(written);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    public void RecordWrite(NamespacedName key) => _last[key] = time.GetTimestamp();

    public void Forget(NamespacedName key) => _last.TryRemove(key, out _);
}
