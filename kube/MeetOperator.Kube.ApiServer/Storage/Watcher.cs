using System.Threading.Channels;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>One watch's bounded queue. A reader that falls behind loses its watch, never the others' pace.</summary>
internal sealed class Watcher(int capacity, long fromVersion, string? ns)
{
    private readonly Channel<StoreEvent> _queue = Channel.CreateBounded<StoreEvent>(new BoundedChannelOptions(capacity)
    {
        SingleReader = true,
        SingleWriter = false,
        FullMode = BoundedChannelFullMode.Wait,
    });

    public ChannelReader<StoreEvent> Events => _queue.Reader;

    /// <summary>False when the queue is full or closed; the watcher is then ended.</summary>
    public bool Offer(StoreEvent change)
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
