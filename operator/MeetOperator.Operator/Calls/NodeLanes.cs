using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Limits the concurrent calls to each media node, so that a hung node delays its own meetings but does not block the workers that serve others.
/// </summary>
/// <param name="width">Maximum number of concurrent calls to one node.</param>
/// <param name="time">Measures the age of calls.</param>
internal sealed class NodeLanes(int width, TimeProvider time)
{
    /// <summary>
    /// How long to wait for a full lane, which is ample since a healthy node responds in milliseconds. There is no wait once the oldest call is older than
    /// this.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<NamespacedName, Lane> _lanes = new();

    /// <summary>Returns null when the calls in progress get no response. Dispose the result after the call.</summary>
    public async Task<IDisposable?> TryEnterAsync(NamespacedName node, CancellationToken ct)
    {
        var lane = _lanes.GetOrAdd(node, _ => new Lane(width, time));
        return lane.IsStuck(MaxWait) || !await lane.Free.WaitAsync(MaxWait, ct).ConfigureAwait(false) ? null : lane.Enter();
    }

    private sealed class Lane(int width, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly List<Pass> _underway = [];

        public SemaphoreSlim Free { get; } = new(width);

        public bool IsStuck(TimeSpan maxWait)
        {
            lock (_gate)
            {
                return _underway.Count == width && time.GetElapsedTime(_underway[0].Since) > maxWait;
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
