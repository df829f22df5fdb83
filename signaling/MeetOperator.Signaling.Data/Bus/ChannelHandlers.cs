using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>Who listens to one channel of Redis; to the library it is one subscription.</summary>
internal sealed class ChannelHandlers
{
    private readonly Lock gate = new();
    private ChannelListener[] listeners = [];

    /// <summary>Guarded by the link's subscribing.</summary>
    public bool IsSubscribed { get; set; }

    public void Add(ChannelListener listener)
    {
        lock (gate)
        {
            listeners = [.. listeners, listener];
        }
    }

    public bool RemoveAndIsEmpty(ChannelListener listener)
    {
        lock (gate)
        {
            listeners = [.. listeners.Where(l => l != listener)];
            return listeners.Length == 0;
        }
    }

    public void OnMessage(RedisChannel channel, RedisValue value)
    {
        foreach (var listener in Volatile.Read(ref listeners))
        {
            listener.OnMessage(value);
        }
    }

    public void OnRecovered()
    {
        foreach (var listener in Volatile.Read(ref listeners))
        {
            listener.OnRecovered();
        }
    }
}
