using System.Collections.Concurrent;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Calls;

/// <summary>
/// Limits the concurrent calls to each media node, so that a hung node delays its own meetings but does not block the workers that serve others, and pauses calls to a node that
/// did not respond to the last one. Polls do not depend on it.
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
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause is 8 s.</summary>
    private const int MaxDoublings = 4;
    private readonly ConcurrentDictionary<NamespacedName, NodeCalls> _nodes = new();

    /// <summary>Returns null when the calls in progress get no response. Dispose the result after the call.</summary>
    public async Task<IDisposable?> TryEnterAsync(NamespacedName node, CancellationToken ct)
    {
        var calls = Of(node);
        return calls.IsStuck(MaxWait) || !await calls.Free.WaitAsync(MaxWait, ct).ConfigureAwait(false) ? null : calls.Enter();
    }

    /// <summary>Whether the last call got no response and the pause after it is not over.</summary>
    /// <param name="node">The media node.</param>
    /// <param name="process">The process that reported last; null before the first report. A pause ends with its process.</param>
    public bool IsPaused(NamespacedName node, string? process) => Of(node).IsPaused(process);

    /// <summary>Records that a call got no response. The next one is due after 0.5, 1, 2, up to 8 s.</summary>
    public void RecordSilence(NamespacedName node, string? process) => Of(node).RecordSilence(process);

    public void RecordResponse(NamespacedName node) => Of(node).RecordResponse();

    private NodeCalls Of(NamespacedName node) => _nodes.GetOrAdd(node, _ => new NodeCalls(limit, time));

    private sealed class NodeCalls(int limit, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly List<Pass> _underway = [];
        private string? _process;
        private TimeSpan _pausedUntil;
        private int _silences;

        public SemaphoreSlim Free { get; } = new(limit);

        public bool IsStuck(TimeSpan maxWait)
        {
            lock (_gate)
            {
                return _underway.Count == limit && time.GetElapsedTime(_underway[0].Since) > maxWait;
            }
        }

        public bool IsPaused(string? process)
        {
            lock (_gate)
            {
                return _silences > 0 && process == _process && time.GetElapsedTime(0) < _pausedUntil;
            }
        }

        public void RecordSilence(string? process)
        {
            lock (_gate)
            {
                _silences = process == _process ? _silences : 0;
                _process = process;
                _pausedUntil = time.GetElapsedTime(0) + (FirstPause * (1 << Math.Min(_silences++, MaxDoublings)));
            }
        }

        public void RecordResponse()
        {
            lock (_gate)
            {
                _silences = 0;
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
