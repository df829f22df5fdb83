using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>One who listens to a channel: to its messages, and to its coming back after a break.</summary>
internal sealed class ChannelListener(Action<RedisValue> onMessage, Action onRecovered)
{
    public void OnMessage(RedisValue value) => onMessage(value);

    public void OnRecovered() => onRecovered();
}
