using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Distributes a room's events to the readers of its event stream. A reader that falls behind is cut off: it reconnects and gets the current state. That bounds
/// the memory and leaves no undetected gap. Safe for concurrent use.
/// </summary>
internal sealed class RoomEventHub
{
    /// <summary>Enough for all replicas of signaling, and twice as many during a rollout.</summary>
    public const int MaxReaders = 64;

    private readonly Lock _lock = new();
    private readonly List<RoomEventReader> _readers = [];
    private bool _completed;

    /// <summary>Opens a reader that returns <paramref name="first"/> and then all events published from now on.</summary>
    public RoomEventReader Open(IReadOnlyList<QueuedEvent> first)
    {
        lock (_lock)
        {
            if (_readers.Count >= MaxReaders)
            {
                throw new ControlProblemException(System.Net.HttpStatusCode.Conflict, "full", $"The event stream of this room has reached its limit of {MaxReaders} readers.");
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

    public void Publish(QueuedEvent roomEvent)
    {
        lock (_lock)
        {
            _readers.RemoveAll(r => !r.TryAdd(roomEvent));
        }
    }

    /// <summary>Ends the stream. Readers still return the events in their queues.</summary>
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
