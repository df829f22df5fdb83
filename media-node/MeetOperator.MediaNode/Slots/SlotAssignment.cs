namespace MeetOperator.MediaNode.Slots;

/// <summary>
/// Decides which stream each slot of a subscriber carries. Without I/O and clock; not thread-safe.
/// <list type="bullet">
/// <item>A stream in a slot stays there while it is wanted, and as long as possible when it is not.</item>
/// <item>A slot that lost its stream carries another one only after the client has confirmed that it knows, and after <see cref="RestTicks"/>. Until the client is told
/// about the next stream, the slot belongs to none for it. So it never takes one stream for another, whichever of packet and message arrives first.</item>
/// <item>A few slots are kept free, so that the next stream need not wait for that.</item>
/// </list>
/// </summary>
/// <param name="reserve">The number of slots to keep free, if the wanted streams leave so many.</param>
internal sealed class SlotAssignment(int reserve)
{
    /// <summary>Rest of a slot between two streams: longer than a receiver keeps the last packets in its jitter buffer.</summary>
    public const long RestTicks = 500 * TimeSpan.TicksPerMillisecond;

    private readonly List<Slot> _slots = [];
    private long _round;

    public int Count => _slots.Count;

    /// <summary>The number of wanted streams without a slot after the last <see cref="TryAssign"/>. Some may get one when a slot has rested.</summary>
    public int Unplaced { get; private set; }

    /// <summary>The stream of a slot, or null.</summary>
    public StreamKey? this[int slot] => _slots[slot].Stream;

    /// <summary>Adds slots that have carried nothing yet.</summary>
    public void Grow(int count)
    {
        while (_slots.Count < count)
        {
            _slots.Add(new Slot());
        }
    }

    /// <summary>The slot of a stream, or -1.</summary>
    public int IndexOf(StreamKey stream) => _slots.FindIndex(s => s.Stream == stream);

    /// <summary>Assigns the wanted streams to slots. Returns true when a slot got or lost its stream.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="wanted">The wanted streams without duplicates, the most important first. Those beyond the number of slots get none.</param>
    /// <param name="isGone">Whether a stream that is not wanted must lose its slot now.</param>
    /// <param name="version">The version of the assignment that the client is told about the outcome, if this returns true.</param>
    /// <param name="confirmed">The newest version that the client has confirmed.</param>
    public bool TryAssign(long nowTicks, IReadOnlyList<StreamKey> wanted, Func<StreamKey, bool> isGone, long version, long confirmed)
    {
        _round++;
        var taken = Math.Min(wanted.Count, _slots.Count);
        var missing = new List<StreamKey>();
        for (var i = 0; i < taken; i++)
        {
            if (IndexOf(wanted[i]) is >= 0 and var held)
            {
                _slots[held].WantedRound = _round;
            }
            else
            {
                missing.Add(wanted[i]);
            }
        }

        var changed = false;
        foreach (var slot in _slots)
        {
            if (slot.Stream is { } stream && slot.WantedRound != _round && isGone(stream))
            {
                slot.Release(nowTicks, version);
                changed = true;
            }
        }

        var placed = missing.RemoveAll(stream => TryPlace(nowTicks, stream, confirmed));
        Unplaced = missing.Count;
        while (_slots.Count(s => s.Stream is null) < Math.Max(reserve, missing.Count) && LeastRecentlyWanted() is { } unwanted)
        {
            unwanted.Release(nowTicks, version);
            changed = true;
        }

        return changed || placed > 0;
    }

    private bool TryPlace(long nowTicks, StreamKey stream, long confirmed)
    {
        Slot? best = null;
        foreach (var slot in _slots)
        {
            if (slot.IsReady(nowTicks, confirmed) && (best is null || slot.ReleasedTicks < best.ReleasedTicks))
            {
                best = slot;
            }
        }

        if (best is null)
        {
            return false;
        }

        (best.Stream, best.WantedRound) = (stream, _round);
        return true;
    }

    private Slot? LeastRecentlyWanted() => _slots.Where(s => s.Stream is not null && s.WantedRound != _round).MinBy(s => s.WantedRound);

    private sealed class Slot
    {
        public StreamKey? Stream { get; set; }

        /// <summary>The last round in which the stream was wanted.</summary>
        public long WantedRound { get; set; }

        public long ReleasedTicks { get; private set; } = long.MinValue;

        private long ReleasedVersion { get; set; }

        public bool IsReady(long nowTicks, long confirmed) =>
            Stream is null && (ReleasedVersion == 0 || (ReleasedVersion <= confirmed && nowTicks - ReleasedTicks >= RestTicks));

        public void Release(long nowTicks, long version) => (Stream, ReleasedTicks, ReleasedVersion) = (null, nowTicks, version);
    }
}
