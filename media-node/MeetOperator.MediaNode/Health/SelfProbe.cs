using MeetOperator.MediaNode.Time;

namespace MeetOperator.MediaNode.Health;

/// <summary>
/// Probes every loop through its socket twice a second. A process can answer health checks while a loop is stuck or receives no datagrams; the probes detect
/// both.
/// </summary>
internal sealed class SelfProbe : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private readonly LoopProbes[] _loops;
    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    public SelfProbe(IReadOnlyList<LoopProbes> loops, TimeProvider clock)
    {
        _loops = [.. loops];
        _timer = new PeriodicTimer(Period, clock);
        _running = RunAsync();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _running.Wait();
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        do
        {
            foreach (var loop in _loops)
            {
                loop.Step(MonotonicClock.NowTicks);
            }
        }
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false));
    }
}
