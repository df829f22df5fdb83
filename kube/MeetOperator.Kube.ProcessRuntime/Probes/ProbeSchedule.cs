using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Probes;

/// <summary>
/// The schedule of a probe. Until the first success, a readiness or startup probe runs every 100 ms, so that a start is detected quickly.
/// Failures of these early attempts count only once per period, so that thresholds take the same time as on a kubelet.
/// A liveness probe follows its delay and period exactly.
/// </summary>
internal sealed class ProbeSchedule(Probe probe, bool eager)
{
    public static readonly TimeSpan EagerPeriod = TimeSpan.FromMilliseconds(100);

    private TimeSpan _nextCounted = TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0);
    private bool _succeeded;

    public TimeSpan Period { get; } = TimeSpan.FromSeconds(Math.Max(probe.PeriodSeconds ?? 10, 1));
    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(Math.Max(probe.TimeoutSeconds ?? 1, 1));

    /// <summary>The time of the next attempt, measured from the start of the container.</summary>
    public TimeSpan NextAt(TimeSpan sinceStart) =>
        eager && !_succeeded ? sinceStart + EagerPeriod : Max(sinceStart, _nextCounted);

    /// <summary>Records a result. Returns whether it counts toward the thresholds.</summary>
    public bool RecordResult(TimeSpan sinceStart, bool success)
    {
        _succeeded |= success;
        if (sinceStart >= _nextCounted)
        {
            _nextCounted = sinceStart + Period;
            return true;
        }

        return success;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
