using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Health;

/// <summary>
/// Asks every loop, twice a second and through its real socket, whether datagrams still go in and come out. A process can answer its health
/// port while a loop is stuck, or while no datagram reaches it any more; this is how the node itself notices.
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
