using System.Threading.Channels;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// What waits for one reader of a room's events. Of the offers to one participant only the newest waits, as it holds the whole state: so what waits
/// is bounded by the people in the room, however long they go on. When too much waits all the same, all of it is given up, and the reader with it.
/// </summary>
internal sealed class RoomEventReader : IDisposable
{
    /// <summary>Seconds of a large and busy room.</summary>
    public const int MaxWaiting = 4096;

    /// <summary>How long a reader that is cut off may take for the line that says so.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Channel<Entry> _waiting = Channel.CreateUnbounded<Entry>();
    private readonly Dictionary<string, Entry> _offers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cutOff = new();
    private int _count;
    private bool _over;

    /// <param name="first">The state that the reader begins with, which counts for nothing: it is there anyway.</param>
    public RoomEventReader(IReadOnlyList<RoomEvent> first)
    {
        foreach (var roomEvent in first)
        {
            Add(roomEvent);
        }

        _count = 0;
    }

    /// <summary>Fires when a reader that is cut off has not even taken the reason.</summary>
    public CancellationToken Ended => _cutOff.Token;

    public ValueTask<bool> WaitToReadAsync(CancellationToken ct) => _waiting.Reader.WaitToReadAsync(ct);

    public bool TryRead(out RoomEvent roomEvent)
    {
        lock (_lock)
        {
            var isThere = _waiting.Reader.TryRead(out var entry);
            roomEvent = isThere ? entry!.Event : null!;
            if (isThere)
            {
                _count = Math.Max(0, _count - 1);
                Forget(entry!);
            }

            return isThere;
        }
    }

    /// <summary>False when the reader is too slow and was cut off.</summary>
    public bool TryAdd(RoomEvent roomEvent)
    {
        lock (_lock)
        {
            if (_over)
            {
                return false;
            }

            if (roomEvent is { Type: RoomEventTypes.Offer, ParticipantId: { } id } && _offers.TryGetValue(id, out var older))
            {
                older.Event = roomEvent;
                return true;
            }

            if (_count < MaxWaiting)
            {
                Add(roomEvent);
                return true;
            }

            while (_waiting.Reader.TryRead(out _))
            {
            }

            _offers.Clear();
            Add(new RoomEvent { Type = RoomEventTypes.CutOff, Reason = "slow-reader" });
            _over = true;
            _waiting.Writer.TryComplete();
            _cutOff.CancelAfter(Grace);
            return false;
        }
    }

    public void Complete()
    {
        lock (_lock)
        {
            _over = true;
            _waiting.Writer.TryComplete();
        }
    }

    public void Dispose() => _cutOff.Dispose();

    private void Add(RoomEvent roomEvent)
    {
        var entry = new Entry(roomEvent);
        _count++;
        _waiting.Writer.TryWrite(entry);
        if (roomEvent is { Type: RoomEventTypes.Offer, ParticipantId: { } id })
        {
            _offers[id] = entry;
        }
        else if (roomEvent is { Type: RoomEventTypes.ParticipantLeft, ParticipantId: { } left })
        {
            // Offers to somebody who comes again stand behind this.
            _offers.Remove(left);
        }
    }

    private void Forget(Entry entry)
    {
        if (entry.Event is { Type: RoomEventTypes.Offer, ParticipantId: { } id } && _offers.TryGetValue(id, out var waiting) && waiting == entry)
        {
            _offers.Remove(id);
        }
    }

    private sealed class Entry(RoomEvent roomEvent)
    {
        public RoomEvent Event { get; set; } = roomEvent;
    }
}
