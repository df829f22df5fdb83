using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Plans;

namespace MeetOperator.Kube.ProcessRuntime.Probes;

/// <summary>Runs one probe of a started process and reports each change of its health.</summary>
internal sealed class ProbeLoop(ProbeAction action, TimeProvider time)
{
    /// <summary>Runs until <paramref name="onChange"/>, which gets the new health, returns true or <paramref name="ct"/> is cancelled.</summary>
    public async Task RunAsync(Probe probe, bool eager, Container container, string podIp, ContainerPlan plan, Func<bool, bool> onChange, CancellationToken ct)
    {
        var schedule = new ProbeSchedule(probe, eager);
        var counter = new ProbeCounter(Math.Max(probe.SuccessThreshold ?? 1, 1), Math.Max(probe.FailureThreshold ?? 3, 1));
        var start = time.GetTimestamp();
        bool? reported = null;
        while (true)
        {
            var now = time.GetElapsedTime(start);
            await Task.Delay(schedule.NextAt(now) - now, time, ct).ConfigureAwait(false);
            var success = await action.TryAsync(probe, container, podIp, plan, schedule.Timeout, ct).ConfigureAwait(false);
            if (!schedule.RecordResult(time.GetElapsedTime(start), success))
            {
                continue;
            }

            if (counter.Observe(success) is { } healthy && healthy != reported)
            {
                reported = healthy;
                if (onChange(healthy))
                {
                    return;
                }
            }
        }
    }
}
