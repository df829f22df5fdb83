namespace MeetOperator.Sfu.Pacing;

/// <summary>Spreads packets over time at a rate: a leaky bucket that may be filled by short bursts. Pure.</summary>
internal struct SendRate
{
    /// <summary>Timers may be this late. What could have been sent meanwhile is made up for.</summary>
    private const long CreditTicks = 2 * TimeSpan.TicksPerMillisecond;
    private double _ticksPerByte;
    private double _debtTicks;
    private long _lastTicks;

    /// <summary>Sets the rate; 0 means no limit.</summary>
    public void Set(long nowTicks, long bitsPerSecond)
    {
        Drain(nowTicks);
        var ticksPerByte = bitsPerSecond > 0 ? 8.0 * TimeSpan.TicksPerSecond / bitsPerSecond : 0;
        _debtTicks = _ticksPerByte > 0 ? _debtTicks * (ticksPerByte / _ticksPerByte) : 0;
        _ticksPerByte = ticksPerByte;
    }

    /// <summary>Whether a packet may leave now.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="burstTicks">Packets of this duration at the rate may leave at once.</param>
    public bool IsOpen(long nowTicks, long burstTicks)
    {
        Drain(nowTicks);
        return _debtTicks <= burstTicks;
    }

    /// <summary>When the next packet may leave.</summary>
    public readonly long NextTicks(long burstTicks) => _lastTicks + (long)Math.Ceiling(Math.Max(0, _debtTicks - burstTicks));

    public void OnSent(long nowTicks, int bytes)
    {
        Drain(nowTicks);
        _debtTicks += bytes * _ticksPerByte;
    }

    private void Drain(long nowTicks)
    {
        if (nowTicks > _lastTicks)
        {
            _debtTicks = Math.Max(-CreditTicks, _debtTicks - (nowTicks - _lastTicks));
            _lastTicks = nowTicks;
        }
    }
}
