namespace MeetOperator.Signaling.Media;

/// <summary>
/// Decides which members of a meeting start to move, and when: in small batches, so that the key frames and the double downlinks of many members do not come at once.
/// How many may start beside members of other meetings, <see cref="MoveTurns"/> decides. Pure: the time is passed in. Not thread-safe.
/// </summary>
internal sealed class MoveSchedule
{
    /// <summary>The smallest number of members that start at the same time, if as many wait. It grows so that half of the time that is left suffices when each batch waits as long as it may.</summary>
    public const int BatchSize = 5;

    /// <summary>Batches whose members have started and may not be connected yet.</summary>
    private const int MaxBatches = 4;

    /// <summary>Shortest time between two batches.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a batch waits for the members of the one before to be connected.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A member that is not connected after this time no longer counts as started.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    /// <summary>Members that wait, in the order of their requests.</summary>
    private readonly List<string> _waiting = [];

    /// <summary>When the members started that are not connected yet.</summary>
    private readonly Dictionary<string, TimeSpan> _started = new(StringComparer.Ordinal);
    private TimeSpan? _lastBatch;

    /// <summary>Whether the last batch was smaller than it would be if only this meeting moved.</summary>
    private bool _isCut;

    /// <summary>Whether members wait.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>The number of members that wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Lets a member wait for its turn. Does nothing if it waits already.</summary>
    public void Add(string participantId)
    {
        if (!_waiting.Contains(participantId))
        {
            _waiting.Add(participantId);
        }
    }

    /// <summary>Takes a member out, because it need not move any more or has left.</summary>
    public void Remove(string participantId)
    {
        _waiting.Remove(participantId);
        _started.Remove(participantId);
    }

    /// <summary>Takes a member that waits out. One that has started still counts.</summary>
    public void Cancel(string participantId) => _waiting.Remove(participantId);

    /// <summary>Records that a member that has started is connected to its new node.</summary>
    public void MarkConnected(string participantId) => _started.Remove(participantId);

    /// <summary>Returns the members that start now; none if the batch before is not done, or nobody waits.</summary>
    /// <param name="now">The time since a fixed moment.</param>
    /// <param name="left">The time until the former node is left.</param>
    /// <param name="most">How many may start at most.</param>
    public IReadOnlyList<string> Take(TimeSpan now, TimeSpan left, int most = int.MaxValue)
    {
        foreach (var (lost, _) in _started.Where(started => now - started.Value >= GiveUpAfter).ToArray())
        {
            _started.Remove(lost);
        }

        // After a batch that was cut, the turns alone decide.
        if (now - _lastBatch < Interval || (!_isCut && _started.Values.Any(started => now - started < Patience)))
        {
            return [];
        }

        var size = SizeFor(_waiting.Count, left);
        var allowed = Math.Min(size, (size * MaxBatches) - _started.Count);
        string[] batch = [.. _waiting.Take(Math.Min(most, allowed))];
        _isCut = most < Math.Min(allowed, _waiting.Count);
        if (batch.Length > 0)
        {
            _waiting.RemoveRange(0, batch.Length);
            _lastBatch = now;
        }

        foreach (var participantId in batch)
        {
            _started[participantId] = now;
        }

        return batch;
    }

    /// <summary>How many members start at the same time when <paramref name="waiting"/> of them wait.</summary>
    public static int SizeFor(int waiting, TimeSpan left)
    {
        var batches = Math.Max(1, (int)(left / 2 / Patience));
        return Math.Max(BatchSize, (waiting + batches - 1) / batches);
    }
}
