namespace MeetOperator.Rtc.Ice;

/// <summary>A rate limit in events per second, with a burst of the same size.</summary>
internal struct RateLimit(int perSecond)
{
    private readonly long intervalTicks = TimeSpan.TicksPerSecond / perSecond;
    private long paidUntilTicks;

    internal bool TryTake(long nowTicks)
    {
        if (paidUntilTicks - nowTicks > TimeSpan.TicksPerSecond - intervalTicks)
        {
            return false;
        }

        paidUntilTicks = Math.Max(paidUntilTicks, nowTicks) + intervalTicks;
        return true;
    }
}
