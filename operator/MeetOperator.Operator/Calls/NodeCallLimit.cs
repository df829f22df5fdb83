using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Limits the concurrent calls to each media node, so that a hung node delays its own meetings but does not block the workers that serve others.
/// </summary>
/// <param name="limit">Maximum number of concurrent calls to one node.</param>
/// <param name="time">Measures the age of calls.</param>
internal sealed class NodeCallLimit(int limit, TimeProvider time)
{
    /// <summary>
    /// How long to wait when the limit is reached, which is ample since a healthy node responds in milliseconds. There is no wait once the oldest call is older than
    /// this.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<NamespacedName, NodeCalls> _nodes = new();

    /// <summary>Returns null when the calls in progress get no response. Dispose the result after the call.</summary>
    public async Task<IDisposable?> TryEnterAsync(NamespacedName node, CancellationToken ct)
    {
        var calls = _nodes.GetOrAdd(node, _ => new NodeCalls(limit, time));
        return calls.IsStuck(MaxWait) || !await calls.Free.WaitAsync(MaxWait, ct).ConfigureAwait(false) ? null : calls.Enter();
    }

    private sealed class NodeCalls(int limit, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly List<Pass> _underway = [];

        public SemaphoreSlim Free { get; } = new(limit);

        public bool IsStuck(TimeSpan maxWait)
        {
            lock (_gate)
            {
                return _underway.Count == limit && time.GetElapsedTime(_underway[0].Since) > maxWait;
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

    private sealed class Pass(NodeCalls calls, long since) : IDisposable
    {
        public long Since { get; } = since;

        public void Dispose() => calls.Leave(this);
    }
}
