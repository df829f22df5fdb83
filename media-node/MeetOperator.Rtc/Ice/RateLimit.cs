namespace MeetOperator.Rtc.Ice;

/// <summary>A rate limit in events per second, with a burst of the same size.</summary>
internal struct RateLimit(int perSecond)
{
    private readonly long _intervalTicks = TimeSpan.TicksPerSecond / perSecond;
    private long _paidUntilTicks;

    internal bool TryTake(long nowTicks)
    {
        if (_paidUntilTicks - nowTicks > TimeSpan.TicksPerSecond - _intervalTicks)
        {
            return false;
        }

        _paidUntilTicks = Math.Max(_paidUntilTicks, nowTicks) + _intervalTicks;
        return true;
    }
}
