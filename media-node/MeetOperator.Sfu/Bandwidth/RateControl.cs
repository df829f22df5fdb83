namespace MeetOperator.Sfu.Bandwidth;

/// <summary>
/// The rate that the delay allows: it grows by 8 % a second, near the known capacity by about one packet in a response time, and falls to 85 % of what arrives when the queue grows
/// (draft-ietf-rmcat-gcc-02 §5.5; AIMD control of libwebrtc).
/// </summary>
internal sealed class RateControl(SendBandwidthOptions options)
{
    private const double Decrease = 0.85;

    /// <summary>The decrease when all that is sent arrives, so that what arrives does not show the capacity.</summary>
    private const double BurstDecrease = 0.9;
    private const double GrowthPerSecond = 1.08;

    /// <summary>After a sudden fall, the rate grows to this share of what the line has carried. Less than that is sent, so only a probe can show that the line carries more.</summary>
    private const double NarrowShare = 1.05;

    /// <summary>How long that applies.</summary>
    private const long NarrowTicks = 30 * TimeSpan.TicksPerSecond;

    /// <summary>A probe that shows this many times of what the line has carried shows that it is wide again.</summary>
    private const double WideShare = 1.5;
    private const int PacketBits = 1200 * 8;
    private const long MinIncreaseBitsPerSecond = 4000;
    private const long DetectionTicks = 100 * TimeSpan.TicksPerMillisecond;

    private LinkCapacity _capacity;
    private long _carried; // the most since a sudden fall; 0 without one
    private long _narrowedTicks;
    private bool _isHolding;
    private long _lastUpdateTicks;
    private long _settledTicks = long.MinValue;
    private long _lastDecreaseTicks = long.MinValue / 2;

    public long BitsPerSecond { get; private set; } = options.StartBitsPerSecond;

    /// <summary>Whether overuse has shown the capacity of the line.</summary>
    public bool IsCapacityKnown => _capacity.IsKnown;

    /// <summary>Whether the line has suddenly become narrow within the last 30 s, and no probe has shown since then that it is wide again.</summary>
    public bool IsNarrowed => _carried > 0;

    /// <summary>The capacity of the line, which the rate stays below after overuse so that its queue drains; the rate itself while no overuse has shown it.</summary>
    public long CapacityBitsPerSecond => _capacity.IsKnown ? Math.Clamp(_capacity.BitsPerSecond, BitsPerSecond, (long)(BitsPerSecond / Decrease)) : BitsPerSecond;

    /// <summary>Sets the rate, as after a probe.</summary>
    public void Set(long bitsPerSecond) => BitsPerSecond = Math.Clamp(bitsPerSecond, options.MinBitsPerSecond, options.MaxBitsPerSecond);

    /// <summary>
    /// Raises the rate to what a probe has shown, and forgets the former capacity. The delay decides again when feedback about packets at the new rate has arrived.
    /// </summary>
    public void Raise(long bitsPerSecond, long settledTicks)
    {
        Set(bitsPerSecond);
        _capacity.Forget();
        _carried = bitsPerSecond >= _carried * WideShare ? 0 : Math.Max(_carried, bitsPerSecond);
        _settledTicks = settledTicks;
    }

    /// <summary>The line has suddenly become narrow.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="carried">What it carries, in bits per second.</param>
    public void Narrow(long nowTicks, long carried)
    {
        _capacity.Forget();
        _capacity.OnOveruse(carried);
        Set(Math.Min(BitsPerSecond, (long)(carried * Decrease)));
        (_carried, _narrowedTicks, _lastDecreaseTicks, _isHolding) = (carried, nowTicks, nowTicks, true);
    }

    /// <summary>What the fall of the line has shown no longer counts.</summary>
    public void EndNarrow() => _carried = 0;

    /// <summary>Follows the delay.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="usage">What the delay shows.</param>
    /// <param name="acknowledged">The rate that arrives, with what the line loses at any rate added; 0 if unknown.</param>
    /// <param name="isBehind">Whether packets arrive more slowly than they were sent.</param>
    /// <param name="roundTripTicks">The round-trip time.</param>
    /// <param name="ceiling">The rate does not grow above it.</param>
    public void Update(long nowTicks, DelayUsage usage, long acknowledged, bool isBehind, long roundTripTicks, long ceiling)
    {
        var elapsed = Math.Clamp(nowTicks - _lastUpdateTicks, 0, TimeSpan.TicksPerSecond);
        _lastUpdateTicks = nowTicks;
        switch (usage)
        {
            case DelayUsage.Overuse:
                OnOveruse(nowTicks, acknowledged, isBehind, roundTripTicks);
                break;
            case DelayUsage.Underuse:
                _isHolding = true; // the queue drains; more would stop it
                break;
            default:
                if (!isBehind && acknowledged * Decrease > BitsPerSecond)
                {
                    Set(Math.Min((long)(acknowledged * Decrease), Math.Max(BitsPerSecond, ceiling))); // much more arrives, and the queue does not grow
                }

                if (!_isHolding)
                {
                    Grow(nowTicks, elapsed, acknowledged, roundTripTicks, ceiling);
                }

                _isHolding = false;
                break;
        }
    }

    private void OnOveruse(long nowTicks, long acknowledged, bool isBehind, long roundTripTicks)
    {
        var interval = Math.Clamp(roundTripTicks, 10 * TimeSpan.TicksPerMillisecond, 200 * TimeSpan.TicksPerMillisecond);
        var isFarAbove = isBehind && acknowledged > 0 && acknowledged < BitsPerSecond / 2;
        if (nowTicks < _settledTicks || (nowTicks - _lastDecreaseTicks < interval && !isFarAbove))
        {
            return; // the last change has not reached the queue yet
        }

        _lastDecreaseTicks = nowTicks;
        _isHolding = true;
        if (!isBehind)
        {
            Set(Math.Max((long)(BitsPerSecond * BurstDecrease), Math.Min(BitsPerSecond, (long)(acknowledged * Decrease))));
            return;
        }

        if (acknowledged == 0)
        {
            Set(BitsPerSecond / 2);
            return;
        }

        if (_capacity.IsKnown && acknowledged < _capacity.LowerBitsPerSecond)
        {
            _capacity.Forget();
        }

        var target = (long)(acknowledged * Decrease);
        if (target > BitsPerSecond && _capacity.IsKnown)
        {
            target = (long)(_capacity.BitsPerSecond * Decrease);
        }

        Set(Math.Min(BitsPerSecond, target));
        _capacity.OnOveruse(acknowledged);
        _carried = Math.Min(_carried, acknowledged);
    }

    private void Grow(long nowTicks, long elapsedTicks, long acknowledged, long roundTripTicks, long ceiling)
    {
        if (_capacity.IsKnown && acknowledged > _capacity.UpperBitsPerSecond)
        {
            _capacity.Forget();
        }

        // A rate that is not used is not confirmed, so it grows at most to one and a half times of what arrives.
        ceiling = acknowledged > 0 ? Math.Min(ceiling, (acknowledged * 3 / 2) + 10_000) : ceiling;
        _carried = nowTicks - _narrowedTicks < NarrowTicks ? _carried : 0;
        if (IsNarrowed)
        {
            _carried = Math.Max(_carried, acknowledged);
            ceiling = Math.Min(ceiling, (long)(_carried * NarrowShare));
        }

        if (BitsPerSecond >= ceiling)
        {
            return;
        }

        var seconds = (double)elapsedTicks / TimeSpan.TicksPerSecond;
        var increase = _capacity.IsKnown
            ? seconds * Math.Max(MinIncreaseBitsPerSecond, PacketBits / ResponseSeconds(roundTripTicks))
            : Math.Max(1000, BitsPerSecond * (Math.Pow(GrowthPerSecond, seconds) - 1));
        Set(Math.Min(ceiling, BitsPerSecond + (long)increase));
    }

    private static double ResponseSeconds(long roundTripTicks) => (double)(roundTripTicks + DetectionTicks) / TimeSpan.TicksPerSecond;
}
