using System.Threading.Channels;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>
/// Hands a room's events to every reader of its stream. A reader that falls behind by <see cref="MaxWaiting"/> events is cut off: it reads
/// again from the start and gets the current state, which is better than a gap that nobody notices.
/// </summary>
internal sealed class RoomEventHub
{
    public const int MaxWaiting = 4096;
    private readonly Lock _lock = new();
    private readonly List<Channel<RoomEvent>> _readers = [];
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
    public ChannelReader<RoomEvent> Open(IEnumerable<RoomEvent> first)
    {
        var channel = Channel.CreateBounded<RoomEvent>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
        foreach (var roomEvent in first)
        {
            channel.Writer.TryWrite(roomEvent);
        }

        lock (_lock)
        {
            if (_completed)
            {
                channel.Writer.TryComplete();
            }
            else
            {
                _readers.Add(channel);
            }
        }

        return channel.Reader;
    }

    public void Close(ChannelReader<RoomEvent> reader)
    {
        lock (_lock)
        {
            _readers.RemoveAll(r => r.Reader == reader);
        }
    }

    public void Publish(RoomEvent roomEvent)
    {
        lock (_lock)
        {
            for (var i = _readers.Count - 1; i >= 0; i--)
            {
                if (!_readers[i].Writer.TryWrite(roomEvent))
                {
                    _readers[i].Writer.TryComplete();
                    _readers.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>The room is over: readers end after what is already waiting.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            foreach (var reader in _readers)
            {
                reader.Writer.TryComplete();
            }

            _readers.Clear();
        }
    }
}
