using System.Threading.Channels;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// The event queue of one reader. It keeps only the newest offer to each participant, because an offer contains the complete state. When the queue is full all the
/// same, it is cleared and the reader is cut off. Safe for concurrent use.
/// </summary>
internal sealed class RoomEventReader : IDisposable
{
    /// <summary>Corresponds to several seconds of events in a large, busy room.</summary>
    public const int MaxQueued = 4096;

    /// <summary>How long a reader that is cut off has to read the final event.</summary>
    private static readonly TimeSpan CutOffGrace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Channel<Entry> _queue = Channel.CreateUnbounded<Entry>();
    private readonly Dictionary<string, Entry> _offers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cutOff = new();
    private int _count;
    private bool _isCompleted;

    /// <param name="first">The initial state. It does not count towards <see cref="MaxQueued"/>.</param>
    public RoomEventReader(IReadOnlyList<RoomEvent> first)
    {
        foreach (var roomEvent in first)
        {
            Add(roomEvent);
        }

        _count = 0;
    }

    /// <summary>Cancelled when a reader that was cut off did not read the final event in time.</summary>
    public CancellationToken GraceExpired => _cutOff.Token;

    public ValueTask<bool> WaitToReadAsync(CancellationToken ct) => _queue.Reader.WaitToReadAsync(ct);

    public bool TryRead(out RoomEvent roomEvent)
    {
        lock (_lock)
        {
            var hasEntry = _queue.Reader.TryRead(out var entry);
            roomEvent = hasEntry ? entry!.Event : null!;
            if (hasEntry)
            {
                _count = Math.Max(0, _count - 1);
                RemoveOffer(entry!);
            }

            return hasEntry;
        }
    }

    /// <summary>Queues an event. Returns false when the reader has ended or was cut off.</summary>
    public bool TryAdd(RoomEvent roomEvent)
    {
        lock (_lock)
        {
            if (_isCompleted)
            {
                return false;
            }

            if (roomEvent is { Type: RoomEventTypes.Offer, ParticipantId: { } id } && _offers.TryGetValue(id, out var older))
            {
                older.Event = roomEvent;
                return true;
            }

            if (_count < MaxQueued)
            {
                Add(roomEvent);
                return true;
            }

            while (_queue.Reader.TryRead(out _))
            {
            }

            _offers.Clear();
            Add(new RoomEvent { Type = RoomEventTypes.CutOff, Reason = "slow-reader" });
            _isCompleted = true;
            _queue.Writer.TryComplete();
            _cutOff.CancelAfter(CutOffGrace);
            return false;
        }
    }

    public void Complete()
    {
        lock (_lock)
        {
            _isCompleted = true;
            _queue.Writer.TryComplete();
        }
    }

    public void Dispose() => _cutOff.Dispose();

    private void Add(RoomEvent roomEvent)
    {
        var entry = new Entry(roomEvent);
        _count++;
        _queue.Writer.TryWrite(entry);
        if (roomEvent is { Type: RoomEventTypes.Offer, ParticipantId: { } id })
        {
            _offers[id] = entry;
        }
        else if (roomEvent is { Type: RoomEventTypes.ParticipantLeft, ParticipantId: { } left })
        {
            // Offers to a participant that joins again must be queued after this event.
            _offers.Remove(left);
        }
    }

    private void RemoveOffer(Entry entry)
    {
        if (entry.Event is { Type: RoomEventTypes.Offer, ParticipantId: { } id } && _offers.TryGetValue(id, out var queued) && queued == entry)
        {
            _offers.Remove(id);
        }
    }

    private sealed class Entry(RoomEvent roomEvent)
    {
        public RoomEvent Event { get; set; } = roomEvent;
    }
}
