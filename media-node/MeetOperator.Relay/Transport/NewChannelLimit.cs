namespace MeetOperator.Relay.Transport;

/// <summary>
/// Limits how often the other end can open a new ordered channel, because each one costs this end the messages of its full state: three at once, and then one a second.
/// </summary>
internal sealed class NewChannelLimit
{
    private TokenBucket _bucket = new(TimeSpan.TicksPerSecond, burst: 3);

    internal bool TryTake(long nowTicks) => _bucket.TryTake(nowTicks);
}
