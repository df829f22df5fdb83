using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Runs one probe of one started process and tells each change of its verdict.</summary>
internal sealed class ProbeLoop(ProbeAction action, TimeProvider time)
{
    /// <summary>Ends when <paramref name="until"/> says so or with <paramref name="ct"/>.</summary>
    public async Task RunAsync(Probe probe, bool eager, Container container, string podIp, ContainerPlan plan, Func<bool, bool> until, CancellationToken ct)
    {
        var schedule = new ProbeSchedule(probe, eager);
        var counter = new ProbeCounter(Math.Max(probe.SuccessThreshold ?? 1, 1), Math.Max(probe.FailureThreshold ?? 3, 1));
        var start = time.GetTimestamp();
        bool? told = null;
        while (true)
        {
            var now = time.GetElapsedTime(start);
            await Task.Delay(schedule.NextAt(now) - now, time, ct).ConfigureAwait(false);
            var success = await action.TryAsync(probe, container, podIp, plan, schedule.Timeout, ct).ConfigureAwait(false);
            if (!schedule.Counts(time.GetElapsedTime(start), success))
            {
                continue;
            }

            if (counter.Observe(success) is { } healthy && healthy != told)
            {
                told = healthy;
                if (until(healthy))
                {
                    return;
                }
            }
        }
    }
}
