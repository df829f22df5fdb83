namespace MeetOperator.Relay.Transport;

/// <summary>Limits how often something happens: at most once in an interval on average, and a number of times at once after a rest. All times are in 100 ns ticks.</summary>
/// <param name="intervalTicks">Time in which one token is added.</param>
/// <param name="burst">Maximum number of tokens. The bucket is full at first.</param>
internal struct TokenBucket(long intervalTicks, int burst)
{
    /// <summary>When the tokens that were taken so far will have been replaced.</summary>
    private long? _fullTicks;

    /// <summary>Takes a token. False when there is none.</summary>
    internal bool TryTake(long nowTicks)
    {
        var fullTicks = Math.Max(_fullTicks ?? nowTicks, nowTicks) + intervalTicks;
        if (fullTicks - nowTicks > burst * intervalTicks)
        {
            return false;
        }

        _fullTicks = fullTicks;
        return true;
    }
}
