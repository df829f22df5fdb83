using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// When to ask. Until the first success a readiness or startup probe is tried every 100 ms, so that a start is seen at once;
/// failures of these early tries count only once a period, so that thresholds mean the same time as on a kubelet.
/// A liveness probe keeps strictly to its delay and period.
/// </summary>
internal sealed class ProbeSchedule(Probe probe, bool eager)
{
    public static readonly TimeSpan EagerPeriod = TimeSpan.FromMilliseconds(100);

    private TimeSpan _nextCounted = TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0);
    private bool _succeeded;

    public TimeSpan Period { get; } = TimeSpan.FromSeconds(Math.Max(probe.PeriodSeconds ?? 10, 1));
    public TimeSpan Timeout { get; } = TimeSpan.FromSeconds(Math.Max(probe.TimeoutSeconds ?? 1, 1));

    /// <summary>How long after the container's start the next try is due.</summary>
    public TimeSpan NextAt(TimeSpan sinceStart) =>
        eager && !_succeeded ? sinceStart + EagerPeriod : Max(sinceStart, _nextCounted);

    /// <summary>Whether a result at this moment counts against the thresholds.</summary>
    public bool Counts(TimeSpan sinceStart, bool success)
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
