namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// The time that packets wait in the queue of the line: the round trip above the lowest one of the last 10 to 20 seconds. A long queue is drained by sending less than arrives, so that it
/// is short again within about two seconds.
/// </summary>
internal struct QueueDelay
{
    private const long BaseWindowTicks = 10 * TimeSpan.TicksPerSecond;
    private const double AcceptedSeconds = 0.1;
    private const double MinShare = 0.35;

    private long _windowStartTicks;
    private long _lowest;
    private long _previousLowest;

    public long Ticks { get; private set; }

    /// <summary>The share of the arriving rate at which the queue drains in time.</summary>
    public readonly double DrainShare => Math.Clamp(1 - (3 * (((double)Ticks / TimeSpan.TicksPerSecond) - AcceptedSeconds)), MinShare, 1);

    public void OnRoundTrip(long nowTicks, long sampleTicks)
    {
        if (_lowest == 0)
        {
            (_windowStartTicks, _lowest, _previousLowest) = (nowTicks, sampleTicks, sampleTicks);
        }

        if (nowTicks - _windowStartTicks > BaseWindowTicks)
        {
            (_windowStartTicks, _previousLowest, _lowest) = (nowTicks, _lowest, sampleTicks);
        }

        _lowest = Math.Min(_lowest, sampleTicks);
        Ticks = sampleTicks - Math.Min(_lowest, _previousLowest);
    }
}
