using StackExchange.Redis;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The listeners of one Redis channel, which share one subscription of the Redis library. Thread-safe.</summary>
internal sealed class ChannelHandlers
{
    private readonly Lock _gate = new();
    private ChannelListener[] _listeners = [];

    /// <summary>Guarded by the subscription semaphore of <see cref="RedisLink"/>.</summary>
    public bool IsSubscribed { get; set; }

    public void Add(ChannelListener listener)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners, listener];
        }
    }

    /// <summary>Removes the listener. Returns true if no listener is left.</summary>
    public bool Remove(ChannelListener listener)
    {
        lock (_gate)
        {
            _listeners = [.. _listeners.Where(l => l != listener)];
            return _listeners.Length == 0;
        }
    }

    public void OnMessage(RedisChannel channel, RedisValue value)
    {
        foreach (var listener in Volatile.Read(ref _listeners))
        {
            listener.OnMessage(value);
        }
    }

    public void OnRecovered()
    {
        foreach (var listener in Volatile.Read(ref _listeners))
        {
            listener.OnRecovered();
        }
    }
}
