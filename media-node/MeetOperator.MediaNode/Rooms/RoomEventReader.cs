using System.Threading.Channels;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// The event queue of one reader. It keeps only the newest offer to each participant, and the newest event about its slots, because these contain the
/// complete state. When the queue is full all the same, it is cleared and the reader is cut off. Safe for concurrent use.
/// </summary>
internal sealed class RoomEventReader : IDisposable
{
    /// <summary>Corresponds to several seconds of events in a large, busy room.</summary>
    public const int MaxQueued = 4096;

    /// <summary>How long a reader that is cut off has to read the final event.</summary>
    private static readonly TimeSpan CutOffGrace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Channel<Entry> _queue = Channel.CreateUnbounded<Entry>();
    private readonly Dictionary<(string Type, string ParticipantId), Entry> _newest = [];
    private readonly CancellationTokenSource _cutOff = new();
    private int _count;
    private bool _isCompleted;

    /// <param name="first">The initial state. It does not count towards <see cref="MaxQueued"/>.</param>
    public RoomEventReader(IReadOnlyList<QueuedEvent> first)
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
        QueuedEvent queued;
        lock (_lock)
        {
            if (!_queue.Reader.TryRead(out var entry))
            {
                roomEvent = null!;
                return false;
            }

            queued = entry.Event;
            _count = Math.Max(0, _count - 1);
            Forget(entry);
        }

        roomEvent = queued.Write(); // the loop does not wait for it
        return true;
    }

    /// <summary>Queues an event. Returns false when the reader has ended or was cut off.</summary>
    public bool TryAdd(QueuedEvent roomEvent)
    {
        lock (_lock)
        {
            if (_isCompleted)
            {
                return false;
            }

            if (KeyOf(roomEvent.Event) is { } key && _newest.TryGetValue(key, out var older))
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

            _newest.Clear();
            Add(new RoomEvent { Type = RoomEventTypes.CutOff, Reason = "slow-reader" });
            _isCompleted = true;
            _queue.Writer.TryComplete();
            _cutOff.CancelAfter(CutOffGrace);
            return false;
        }
    }

    /// <summary>Queues more of the initial state, which does not count towards <see cref="MaxQueued"/>.</summary>
    public void AddFirst(IReadOnlyList<QueuedEvent> first)
    {
        lock (_lock)
        {
            foreach (var roomEvent in _isCompleted ? [] : first)
            {
                if (KeyOf(roomEvent.Event) is { } key && _newest.TryGetValue(key, out var older))
                {
                    older.Event = roomEvent;
                }
                else
                {
                    Add(roomEvent);
                    _count--;
                }
            }
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

    private void Add(QueuedEvent roomEvent)
    {
        var entry = new Entry(roomEvent);
        _count++;
        _queue.Writer.TryWrite(entry);
        if (KeyOf(roomEvent.Event) is { } key)
        {
            _newest[key] = entry;
        }
        else if (roomEvent.Event is { Type: RoomEventTypes.ParticipantLeft, ParticipantId: { } left })
        {
            // Offers to a participant that joins again must be queued after this event.
            _newest.Remove((RoomEventTypes.Offer, left));
            _newest.Remove((RoomEventTypes.Slots, left));
        }
    }

    private void Forget(Entry entry)
    {
        if (KeyOf(entry.Event.Event) is { } key && _newest.TryGetValue(key, out var queued) && queued == entry)
        {
            _newest.Remove(key);
        }
    }

    /// <summary>The events with this key replace each other; null for an event that must not be lost.</summary>
    private static (string Type, string ParticipantId)? KeyOf(RoomEvent roomEvent) =>
        roomEvent is { Type: RoomEventTypes.Offer or RoomEventTypes.Slots, ParticipantId: { } id } ? (roomEvent.Type, id) : null;

    private sealed class Entry(QueuedEvent roomEvent)
    {
        public QueuedEvent Event { get; set; } = roomEvent;
    }
}
