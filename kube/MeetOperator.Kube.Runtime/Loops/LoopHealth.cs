using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace MeetOperator.Kube.Runtime;

/// <summary>
/// Knows when each loop of a process last went round, so that liveness can fail when one hangs or has died. Only the loop itself is judged: one that tries,
/// fails and tries again because another system is down goes round. Safe for use from many threads; ages are those of a monotonic clock.
/// </summary>
public sealed class LoopHealth : IDisposable
{
    private readonly Meter _meter = new(KubeMetrics.MeterName);
    private readonly ConcurrentDictionary<LoopTurns, bool> _loops = new();
    private readonly TimeProvider _time;

    public LoopHealth(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _meter.CreateObservableGauge("meet_kube_loop_age_seconds", Ages, "s", "Since a loop last went round, the oldest of its name; 0 while it waits for work.");
    }

    /// <summary>Why the process is to be restarted: a loop that has not gone round for longer than its patience; null while all is well.</summary>
    public string? Problem => _loops.Keys.Where(loop => loop.Age > loop.Patience).MaxBy(loop => loop.Age) is { } stuck
        ? $"loop {stuck.Name} has not gone round for {stuck.Age.TotalSeconds:0} s, at most {stuck.Patience.TotalSeconds:0} s are usual: the process must be restarted"
        : null;

    /// <summary>A loop begins; dispose the result where it ends as it should. One that dies without that grows old.</summary>
    /// <param name="name">Label of metrics; the same for loops of one kind.</param>
    /// <param name="patience">Far more than a round takes at its slowest.</param>
    public LoopTurns Begin(string name, TimeSpan patience)
    {
        var loop = new LoopTurns(this, name, patience, _time);
        _loops[loop] = true;
        return loop;
    }

    /// <summary>How many loops of a name have begun and not ended.</summary>
    public int Running(string name) => _loops.Keys.Count(loop => loop.Name == name);

    public void Dispose() => _meter.Dispose();

    internal void End(LoopTurns loop) => _loops.TryRemove(loop, out _);

    private IEnumerable<Measurement<double>> Ages() => _loops.Keys.GroupBy(loop => loop.Name)
        .Select(loops => new Measurement<double>(loops.Max(loop => loop.Age).TotalSeconds, new KeyValuePair<string, object?>("loop", loops.Key)));
}
