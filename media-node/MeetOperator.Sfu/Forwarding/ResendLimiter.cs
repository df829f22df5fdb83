namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// Keeps one subscriber's NACKs from costing more than they should: a packet is not sent again while the last copy may still be on its way,
/// and all copies together stay below what was sent in the first place.
/// </summary>
internal sealed class ResendLimiter
{
    /// <summary>Between two copies of the same packet when the round trip is shorter or unknown.</summary>
    public const long MinIntervalTicks = 10 * TimeSpan.TicksPerMillisecond;
    private const int MaxCredit = 500;
    private const int Remembered = 256;
    private readonly Sent[] _sent = new Sent[Remembered];
    private int _credit = MaxCredit;

    public void OnForwarded() => _credit = Math.Min(MaxCredit, _credit + 1);

    /// <summary>True when the packet may be sent again now; then this counts as a copy.</summary>
    public bool TryTake(ushort sequence, long nowTicks, long roundTripTicks)
    {
        ref var last = ref _sent[sequence % Remembered];
        if (_credit == 0 || (last.Ticks != 0 && last.Sequence == sequence && nowTicks - last.Ticks < Math.Max(MinIntervalTicks, roundTripTicks / 2)))
        {
            return false;
        }

        last = new Sent { Sequence = sequence, Ticks = nowTicks };
        _credit--;
        return true;
    }

    private struct Sent
    {
        public long Ticks;
        public ushort Sequence;
    }
}
