using MeetOperator.MediaNode.Control;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Hands a room's events to every reader of its stream. A reader that falls behind is cut off with the reason: it reads again from the start and
/// gets the current state, which is better than a gap that nobody notices, and than memory that grows for it.
/// </summary>
internal sealed class RoomEventHub
{
    /// <summary>Replicas of signaling, twice over while a new version replaces them.</summary>
    public const int MaxReaders = 64;

    private readonly Lock _lock = new();
    private readonly List<RoomEventReader> _readers = [];
    private bool _completed;

    public int ReaderCount
    {
        get
        {
            lock (_lock)
            {
                return _readers.Count;
            }
        }
    }

    /// <summary>A new reader; <paramref name="first"/> comes before everything that is published from now on.</summary>
    public RoomEventReader Open(IReadOnlyList<RoomEvent> first)
    {
        lock (_lock)
        {
            if (_readers.Count >= MaxReaders)
            {
                throw new Refusal(System.Net.HttpStatusCode.Conflict, "full", $"The room's events have {MaxReaders} readers already.");
            }

            var reader = new RoomEventReader(first);
            if (_completed)
            {
                reader.Complete();
            }
            else
            {
                _readers.Add(reader);
            }

            return reader;
        }
    }

    public void Close(RoomEventReader reader)
    {
        lock (_lock)
        {
            _readers.Remove(reader);
        }
    }

    public void Publish(RoomEvent roomEvent)
    {
        lock (_lock)
        {
            _readers.RemoveAll(r => !r.TryAdd(roomEvent));
        }
    }

    /// <summary>The room is over: readers end after what is already waiting.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            _readers.ForEach(r => r.Complete());
            _readers.Clear();
        }
    }
}
