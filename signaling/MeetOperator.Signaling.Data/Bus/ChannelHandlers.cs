using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>Who listens to one channel of Redis; to the library it is one subscription.</summary>
internal sealed class ChannelHandlers
{
    private readonly Lock gate = new();
    private Action<RedisValue>[] handlers = [];

    /// <summary>Guarded by the link's subscribing.</summary>
    public bool IsSubscribed { get; set; }

    public void Add(Action<RedisValue> handler)
    {
        lock (gate)
        {
            handlers = [.. handlers, handler];
        }
    }

    public bool RemoveAndIsEmpty(Action<RedisValue> handler)
    {
        lock (gate)
        {
            handlers = [.. handlers.Where(h => h != handler)];
            return handlers.Length == 0;
        }
    }

    public void OnMessage(RedisChannel channel, RedisValue value)
    {
        foreach (var handler in Volatile.Read(ref handlers))
        {
            handler(value);
        }
    }
}
