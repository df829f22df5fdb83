namespace MeetOperator.Relay.Transport;

/// <summary>Measures the fraction of lost RTP packets in one direction, from the counters of both ends in about one second.</summary>
internal struct LossMeter
{
    private const long WindowTicks = TimeSpan.TicksPerSecond;

    private bool _hasStart;
    private long _startTicks;
    private uint _startSent;
    private uint _startReceived;

    /// <summary>The fraction lost in the latest window, from 0 to 1.</summary>
    internal double Loss { get; private set; }

    /// <summary>Adds the counters of one time: how many packets one end had sent and the other had received. The counters wrap.</summary>
    internal void Add(long nowTicks, uint sent, uint received)
    {
        var expected = sent - _startSent;
        if (_hasStart && (nowTicks - _startTicks < WindowTicks || (int)expected < 0))
        {
            return;
        }

        if (_hasStart)
        {
            Loss = expected == 0 ? 0 : Math.Clamp(1 - ((double)(received - _startReceived) / expected), 0, 1);
        }

        (_hasStart, _startTicks, _startSent, _startReceived) = (true, nowTicks, sent, received);
    }
}
