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
    /// How long to wait for other calls, which is ample since a healthy node responds in milliseconds. There is no wait once the oldest of them is older than this.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest pause is 8 s.</summary>
    private const int MaxDoublings = 4;

    /// <summary>The longest pause before a call that creates a room, because nobody can join the meeting until it exists. Such calls are rare: a node that did not respond gets no new rooms for a while.</summary>
    private static readonly TimeSpan MaxPauseOfNewRoom = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<NamespacedName, NodeCalls> _nodes = new();

    /// <summary>Returns null when the calls in progress get no response. Dispose the result after the call.</summary>
    public async Task<IDisposable?> TryEnterAsync(NamespacedName node, CancellationToken ct)
    {
        var calls = Of(node);
        return calls.IsStuck(MaxWait) || !await calls.Free.WaitAsync(MaxWait, ct).ConfigureAwait(false) ? null : calls.Enter();
    }

    /// <summary>
    /// Returns null when the node should not be called now, because it did not respond to the last call: there is a pause, then one call tries whether the node responds now, and the others
    /// wait for that one briefly. Dispose the result after the call.
    /// </summary>
    /// <param name="node">The media node.</param>
    /// <param name="process">The process that reported last; null before the first report. A pause ends with its process.</param>
    /// <param name="isNewRoom">Whether the call creates a room, which shortens the pause.</param>
    /// <param name="ct">Cancels the wait.</param>
    public async Task<IDisposable?> TryTakeTurnAsync(NamespacedName node, string? process, bool isNewRoom, CancellationToken ct)
    {
        var calls = Of(node);
        var due = calls.FindDue(process, isNewRoom);
        if (due == Due.OneCall && await calls.Trying.WaitAsync(MaxWait, ct).ConfigureAwait(false))
        {
            due = calls.FindDue(process, isNewRoom);
            if (due == Due.OneCall)
            {
                return calls.BeginTry();
            }

            calls.Trying.Release();
        }

        return due == Due.AnyCall ? new Turn(null) : null;
    }

    /// <summary>Records that a call got no response. The next one is due after 0.5, 1, 2, up to 8 s. Calls that were made at the same time count once.</summary>
    /// <param name="node">The media node.</param>
    /// <param name="process">The process that had reported last before the call.</param>
    /// <param name="since">Timestamp at which the call began.</param>
    public void RecordSilence(NamespacedName node, string? process, long since) => Of(node).RecordSilence(process, since);

    public void RecordResponse(NamespacedName node) => Of(node).RecordResponse();

    private NodeCalls Of(NamespacedName node) => _nodes.GetOrAdd(node, _ => new NodeCalls(limit, time));

    /// <summary>Which calls may be made now.</summary>
    private enum Due
    {
        None,
        OneCall,
        AnyCall,
    }

    private sealed class NodeCalls(int limit, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private readonly List<Pass> _underway = [];
        private string? _process;
        private long _silentAt;
        private int _silences;
        private long? _tryingSince;

        public SemaphoreSlim Free { get; } = new(limit);

        /// <summary>Held by the call that tries whether the node responds again.</summary>
        public SemaphoreSlim Trying { get; } = new(1);

        public bool IsStuck(TimeSpan maxWait)
        {
            lock (_gate)
            {
                return _underway.Count == limit && time.GetElapsedTime(_underway[0].Since) > maxWait;
            }
        }

        public Due FindDue(string? process, bool isNewRoom)
        {
            lock (_gate)
            {
                if (_silences == 0 || process != _process)
                {
                    return Due.AnyCall;
                }

                var pause = FirstPause * (1 << Math.Min(_silences - 1, MaxDoublings));
                pause = isNewRoom && pause > MaxPauseOfNewRoom ? MaxPauseOfNewRoom : pause;
                return time.GetElapsedTime(_silentAt) < pause || (_tryingSince is { } since && time.GetElapsedTime(since) > MaxWait) ? Due.None : Due.OneCall;
            }
        }

        public void RecordSilence(string? process, long since)
        {
            lock (_gate)
            {
                if (since < _silentAt)
                {
                    return; // It began before the node was known not to respond, so it shows nothing new.
                }

                _silences = process == _process ? _silences + 1 : 1;
                _process = process;
                _silentAt = time.GetTimestamp();
            }
        }

        public void RecordResponse()
        {
            lock (_gate)
            {
                _silences = 0;
            }
        }

        public Turn BeginTry()
        {
            lock (_gate)
            {
                _tryingSince = time.GetTimestamp();
            }

            return new Turn(this);
        }

        public void EndTry()
        {
            lock (_gate)
            {
                _tryingSince = null;
            }

            Trying.Release();
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

    /// <summary>The right to call a node.</summary>
    /// <param name="tried">The node, when this call tries whether it responds again; otherwise null.</param>
    private sealed class Turn(NodeCalls? tried) : IDisposable
    {
        public void Dispose() => tried?.EndTry();
    }
}
