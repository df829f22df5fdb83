using StackExchange.Redis;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>A listener of one channel: for its messages, and for its recovery after a lost connection.</summary>
internal sealed class ChannelListener(Action<RedisValue> onMessage, Action onRecovered)
{
    public void OnMessage(RedisValue value) => onMessage(value);

    public void OnRecovered() => onRecovered();
}
