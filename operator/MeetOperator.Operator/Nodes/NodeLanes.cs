using System.Collections.Concurrent;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Nodes;

/// <summary>
/// Bounds how many calls to one media node are under way, so that a node that hangs holds up its own meetings and not the workers that others need.
/// </summary>
/// <param name="width">Calls to one node at the same time.</param>
/// <param name="time">Ages of calls.</param>
internal sealed class NodeLanes(int width, TimeProvider time)
{
    /// <summary>A node that works answers in milliseconds: a full lane is waited for that long, and not at all once its oldest call is older.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<NamespacedName, Lane> _lanes = new();

    /// <summary>Dispose the result after the call; null when the node does not answer those that are under way.</summary>
    public async Task<IDisposable?> TryEnterAsync(NamespacedName node, CancellationToken ct)
    {
        var lane = _lanes.GetOrAdd(node, _ => new Lane(width, time));
        return lane.IsStuck(Patience) || !await lane.Free.WaitAsync(Patience, ct).ConfigureAwait(false) ? null : lane.Enter();
    }

    private sealed class Lane(int width, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly List<Pass> _underway = [];

        public SemaphoreSlim Free { get; } = new(width);

        public bool IsStuck(TimeSpan patience)
        {
            lock (_gate)
            {
                return _underway.Count == width && time.GetElapsedTime(_underway[0].Since) > patience;
            }
        }

        public Pass Enter()
        {
            var pass = new Pass(this, time.GetTimestamp());
            lock (_gate)
            {
                _underway.Add(pass);
            }

            return pass;
        }

        public void Leave(Pass pass)
        {
            lock (_gate)
            {
                _underway.Remove(pass);
            }

            Free.Release();
        }
    }

    private sealed class Pass(Lane lane, long since) : IDisposable
    {
        public long Since { get; } = since;

        public void Dispose() => lane.Leave(this);
    }
}
