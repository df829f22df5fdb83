namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// Whether packets wait in the queue of the line all the time: even the fastest of the last 100 to 200 ms took longer than the fastest of the last 10 to 20 seconds. A client that lacks
/// processor time reads many packets late, but the newest ones of each batch at once, so it does not look like a queue.
/// </summary>
internal struct StandingQueue
{
    private const long BaseWindowTicks = 10 * TimeSpan.TicksPerSecond;
    private const long RecentWindowTicks = 100 * TimeSpan.TicksPerMillisecond;
    private const long ThresholdTicks = 15 * TimeSpan.TicksPerMillisecond;
    private long _lastDelayTicks;
    private LowestDelay _base;
    private LowestDelay _recent;

    public readonly bool IsStanding => _recent.Ticks - _base.Ticks > ThresholdTicks;

    /// <summary>Adds the one-way delay of a packet. The clocks of sender and receiver may differ, and jump: that of the media node stands still while it is suspended.</summary>
    public void OnArrival(long sentTicks, long arrivalTicks)
    {
        var delay = arrivalTicks - sentTicks;
        if (Math.Abs(delay - _lastDelayTicks) > ArrivalGroups.MaxDifferenceTicks)
        {
            (_base, _recent) = (default, default);
        }

        _lastDelayTicks = delay;
        _base.Add(arrivalTicks, delay, BaseWindowTicks);
        _recent.Add(arrivalTicks, delay, RecentWindowTicks);
    }

    private struct LowestDelay
    {
        private long _sinceTicks;
        private long _lowest;
        private long _previousLowest;
        private bool _hasPackets;

        public readonly long Ticks => Math.Min(_lowest, _previousLowest);

        public void Add(long nowTicks, long delayTicks, long windowTicks)
        {
            if (!_hasPackets || nowTicks - _sinceTicks > windowTicks)
            {
                (_sinceTicks, _previousLowest, _lowest) = (nowTicks, _hasPackets ? _lowest : delayTicks, delayTicks);
                _hasPackets = true;
            }

            _lowest = Math.Min(_lowest, delayTicks);
        }
    }
}
