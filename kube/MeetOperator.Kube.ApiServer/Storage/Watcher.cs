using System.Threading.Channels;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>The bounded queue of one watch. A slow reader loses its watch and does not slow down others.</summary>
internal sealed class Watcher(int capacity, long fromVersion, string? ns)
{
    private readonly Channel<StoreEvent> _queue = Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(capacity)
    {
        SingleReader = true,
        SingleWriter = false,
        FullMode = BoundedChannelFullMode.Wait,
    });

    public ChannelReader<StoreEvent> Events => _queue.Reader;

    /// <summary>Adds an event if it concerns this watch. Returns false if the queue is full or closed, which ends the watch.</summary>
    public bool TryOffer(StoreEvent change)
    {
        if (change.Version <= fromVersion || (ns is not null && change.Object.Key.Namespace != ns))
        {
            return true;
        }

        if (_queue.Writer.TryWrite(change))
        {
            return true;
        }

        _queue.Writer.TryComplete();
        return false;
    }

    public void Complete() => _queue.Writer.TryComplete();
}
