namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Whether a receiver gets each audio frame twice (RFC 2198). It does while it loses packets, because a frame then arrives unless two packets in sequence get lost. Without loss, the
/// second copy would only fill its line.
/// </summary>
internal struct RedundancyChoice
{
    private const double OnRatio = 0.02;
    private const double OffRatio = 0.005;

    /// <summary>Loss comes and goes, so redundancy continues for so long after the last of it.</summary>
    private const long HoldTicks = 10 * TimeSpan.TicksPerSecond;

    private long _lastLossTicks;

    /// <summary>Whether packets get lost, so that redundancy helps.</summary>
    public bool IsWanted { get; private set; }

    /// <summary>Whether the line takes it (<see cref="Allocation.RedundancyLimit"/>).</summary>
    public bool IsAllowed { get; set; } = true;

    public RedundancyChoice()
    {
    }

    public readonly bool IsOn => IsWanted && IsAllowed;

    /// <summary>Decides again.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="lossRatio">The share of packets that the receiver lost of late, from 0 to 1.</param>
    public void OnLoss(long nowTicks, double lossRatio)
    {
        IsWanted |= lossRatio >= OnRatio;
        if (lossRatio > OffRatio)
        {
            _lastLossTicks = nowTicks;
        }
        else if (nowTicks - _lastLossTicks >= HoldTicks)
        {
            IsWanted = false;
        }
    }
}
