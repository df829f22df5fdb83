namespace MeetOperator.Sfu.Peers;

/// <summary>Recognizes that a line has suddenly become much narrower: the estimate has fallen by a third or more within a second, which takes more than two ordinary decreases. Pure.</summary>
internal struct EstimateFall
{
    private const long WindowTicks = TimeSpan.TicksPerSecond;
    private const double LargestOrdinary = 0.67;
    private long _highest;
    private long _highestTicks;

    /// <summary>Adds an estimate in bits per second. Returns whether it is part of a sudden fall.</summary>
    public bool Update(long nowTicks, long estimate)
    {
        if (estimate >= _highest || nowTicks - _highestTicks > WindowTicks)
        {
            (_highest, _highestTicks) = (estimate, nowTicks);
        }

        return estimate < _highest * LargestOrdinary;
    }
}
