using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeetOperator.Kube.Runtime.Metrics;

namespace MeetOperator.Kube.Runtime.Loops;

/// <summary>
/// Records the last heartbeat of each loop of a process, so that the liveness probe fails when a loop hangs or has died. A loop that keeps retrying
/// because another system is down is healthy. Thread-safe; ages use a monotonic clock.
/// </summary>
public sealed class LoopHealth : IDisposable
{
    private readonly Meter _meter = new(KubeMetrics.MeterName);
    private readonly ConcurrentDictionary<LoopHeartbeat, bool> _loops = new();
    private readonly TimeProvider _time;

    public LoopHealth(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _meter.CreateObservableGauge("meet_kube_loop_age_seconds", Ages, "s", "Time since the last heartbeat of a loop, the maximum for its name; 0 while it waits for work.");
    }

    /// <summary>Why the process must be restarted: a loop without a heartbeat for longer than its timeout. Null if all loops are healthy.</summary>
    public string? Problem => _loops.Keys.Where(loop => loop.Age > loop.Timeout).MaxBy(loop => loop.Age) is { } stuck
        ? $"loop {stuck.Name} has made no progress for {stuck.Age.TotalSeconds:0} s (limit {stuck.Timeout.TotalSeconds:0} s): restart the process"
        : null;

    /// <summary>Registers a loop. Dispose the result when the loop ends normally; if it dies otherwise, its age exceeds the timeout.</summary>
    /// <param name="name">The name in metrics; loops of one kind share it.</param>
    /// <param name="timeout">Age at which the loop counts as hung; far more than its slowest iteration.</param>
    public LoopHeartbeat Begin(string name, TimeSpan timeout)
    {
        var loop = new LoopHeartbeat(this, name, timeout, _time);
        _loops[loop] = true;
        return loop;
    }

    /// <summary>Number of registered loops with this name.</summary>
    public int Running(string name) => _loops.Keys.Count(loop => loop.Name == name);

    public void Dispose() => _meter.Dispose();

    internal void End(LoopHeartbeat loop) => _loops.TryRemove(loop, out _);

    private IEnumerable<Measurement<double>> Ages() => _loops.Keys.GroupBy(loop => loop.Name)
        .Select(loops => new Measurement<double>(loops.Max(loop => loop.Age).TotalSeconds, new KeyValuePair<string, object?>("loop", loops.Key)));
}
