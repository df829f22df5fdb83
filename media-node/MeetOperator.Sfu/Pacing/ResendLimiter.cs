namespace MeetOperator.Sfu.Pacing;

/// <summary>
/// Limits the retransmissions for one subscriber. A packet is not sent again while the last copy may still be in transit, and there are fewer
/// retransmissions than forwarded packets, apart from an initial credit.
/// </summary>
internal sealed class ResendLimiter
{
    /// <summary>Minimum time between two copies of the same packet, when the round trip is shorter or unknown.</summary>
    public const long MinIntervalTicks = 10 * TimeSpan.TicksPerMillisecond;
    private const int MaxCredit = 500;
    private const int HistorySize = 256;
    private readonly Sent[] _sent = new Sent[HistorySize];
    private int _credit = MaxCredit;

    public void OnForwarded() => _credit = Math.Min(MaxCredit, _credit + 1);

    /// <summary>Whether the packet may be sent again now.</summary>
    public bool CanTake(ushort sequence, long nowTicks, long roundTripTicks)
    {
        ref readonly var last = ref _sent[sequence % HistorySize];
        return _credit > 0 && (last.Ticks == 0 || last.Sequence != sequence || nowTicks - last.Ticks >= Math.Max(MinIntervalTicks, roundTripTicks / 2));
    }

    /// <summary>Returns true, and records a copy, when the packet may be sent again now.</summary>
    public bool TryTake(ushort sequence, long nowTicks, long roundTripTicks)
    {
        if (!CanTake(sequence, nowTicks, roundTripTicks))
        {
            return false;
        }

        _sent[sequence % HistorySize] = new Sent { Sequence = sequence, Ticks = nowTicks };
        _credit--;
        return true;
    }

    private struct Sent
    {
        public long Ticks;
        public ushort Sequence;
    }
}
