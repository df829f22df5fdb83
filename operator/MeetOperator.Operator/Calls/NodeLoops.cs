using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Calls;

/// <summary>Runs one loop for each watched media node. Thread-safe.</summary>
/// <param name="name">Name of the loops in metrics.</param>
/// <param name="roundTimeout">Age at which a loop counts as hung; see <see cref="LoopHealth"/>.</param>
/// <param name="work">Works for one media node until its token is canceled, with a heartbeat in each round. Started again if it fails.</param>
/// <param name="health">Where the loops are registered.</param>
/// <param name="logger">Where failures are logged.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeLoops(
    string name, TimeSpan roundTimeout, Func<PollTarget, LoopHeartbeat, CancellationToken, Task> work, LoopHealth health, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, (PollTarget Target, CancellationTokenSource Stop)> _watched = [];
    private readonly CancellationTokenSource _stopping = new();
    private List<Task> _loops = [];

    /// <summary>Starts, redirects or (null) ends the loop of a node.</summary>
    public void Watch(NamespacedName node, PollTarget? target)
    {
        lock (_gate)
        {
            if (_watched.TryGetValue(node, out var running))
            {
                if (running.Target == target)
                {
                    return;
                }

                _watched.Remove(node);
                running.Stop.Cancel();
            }

            if (target is not null && !_stopping.IsCancellationRequested)
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
                _watched[node] = (target, stop);
                _loops = [.. _loops.Where(loop => !loop.IsCompleted), Task.Run(() => RunAsync(target, stop), CancellationToken.None)];
            }
        }
    }

    /// <summary>Ends all loops.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] loops;
        lock (_gate)
        {
            _stopping.Cancel();
            _watched.Clear();
            loops = [.. _loops];
        }

        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private async Task RunAsync(PollTarget target, CancellationTokenSource stop)
    {
        using var heartbeat = health.Begin(name, roundTimeout);
        using (stop)
        {
            await Supervised.RunAsync(name, ct => work(target, heartbeat, ct), time, logger, stop.Token).ConfigureAwait(false);
        }
    }
}
