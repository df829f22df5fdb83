namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// Shares a line fairly among the receivers of a room that have one address, as in a household. Whoever got a larger picture first keeps it while the line has no queue, so another one may
/// get a quarter of that for a long time. Nothing tells whether they share a line, so it is tried: for some seconds, nobody gets more than the mean. If the poorest then gets more, they share
/// a line, and each gets an equal part of it for some minutes. Otherwise each has a line of its own, and the next trial waits ever longer. Pure.
/// </summary>
internal sealed class LineSharing
{
    /// <summary>Without a limit.</summary>
    public const long Unlimited = long.MaxValue;

    /// <summary>More receivers than this with one address, as those behind a relay, seldom share one line that is narrow.</summary>
    public const int MaxReceivers = 8;

    /// <summary>A receiver with less than this share of the mean is treated unfairly.</summary>
    private const double FairShare = 0.75;

    /// <summary>The rates of steps change a little from one measurement to the next.</summary>
    private const double Tolerance = 1.05;

    /// <summary>The share of what the line takes that is given to pictures. The rest is for sound.</summary>
    private const double UsableShare = 0.87;

    /// <summary>A poorest receiver that keeps this share of what it had loses nothing when the others get more again.</summary>
    private const double KeptShare = 0.9;

    /// <summary>What is unfair for a shorter time passes by itself, as when somebody joins.</summary>
    private const long UnfairTicks = 6 * TimeSpan.TicksPerSecond;

    /// <summary>In this time, the line of the poorest is probed several times, and a larger picture begins.</summary>
    private const long TrialTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>The poorest must get more for so long. For a moment, it does so on any line.</summary>
    private const long ProvenTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>A lower estimate of what the line takes does not count sooner.</summary>
    private const long EstimateTicks = 20 * TimeSpan.TicksPerSecond;
    private const long FirstWaitTicks = TimeSpan.TicksPerMinute;
    private const long MaxWaitTicks = 16 * TimeSpan.TicksPerMinute;

    /// <summary>The line of the poorest can have become wide by chance in the trial, so the first limit ends soon. If the poorest then loses what it had, the next one is a long one.</summary>
    private const long FirstShareTicks = TimeSpan.TicksPerMinute;
    private const long LongShareTicks = 2 * TimeSpan.TicksPerMinute;
    private const long MaxShareTicks = 16 * TimeSpan.TicksPerMinute;

    /// <summary>What is unfair so soon after a limit comes from its end.</summary>
    private const long AfterShareTicks = TimeSpan.TicksPerMinute;
    private int _receivers;
    private long _unfairSinceTicks; // 0 for not
    private long _betterSinceTicks; // 0 for not
    private long _untilTicks; // of the phase
    private long _nextTrialTicks;
    private long _waitTicks = FirstWaitTicks;
    private long _shareTicks = FirstShareTicks;
    private int _poorest; // the receiver for which a trial is
    private long _goal; // what it must get in the trial
    private long _poorestBefore; // what the poorest got when the line was shared; 0 when it was not
    private long _sharedUntilTicks;
    private long _line; // what the shared line takes
    private long _lineTicks;

    public SharingPhase Phase { get; private set; }

    /// <summary>Whether several receivers have this address, so that they may share a line that is narrow.</summary>
    public bool HasSeveralReceivers => _receivers is > 1 and <= MaxReceivers;

    /// <summary>What the videos of each receiver may take, in bits per second.</summary>
    public long MaxBitsPerSecond { get; private set; } = Unlimited;

    /// <summary>What the videos of all receivers that share a line would take, for which it is probed; 0 when they are not known to share one.</summary>
    public long WantedBitsPerSecond { get; private set; }

    /// <summary>Call about once a second, with a member for each receiver.</summary>
    public void Update(long nowTicks, ReadOnlySpan<LineUse> receivers)
    {
        if (receivers.Length != _receivers)
        {
            // What was known of the line no longer counts. Whoever joins and leaves again and again does not cause more trials.
            (_receivers, _unfairSinceTicks, _poorestBefore) = (receivers.Length, 0, 0);
            (_nextTrialTicks, _waitTicks, _shareTicks) = (Math.Min(_nextTrialTicks, nowTicks + FirstWaitTicks), FirstWaitTicks, FirstShareTicks);
            End(waits: Phase == SharingPhase.Trial, nowTicks);
        }
        else if (receivers.Length is >= 2 and <= MaxReceivers)
        {
            switch (Phase)
            {
                case SharingPhase.Unknown:
                    TryBegin(nowTicks, receivers);
                    break;
                case SharingPhase.Trial:
                    ContinueTrial(nowTicks, receivers[_poorest]);
                    break;
                default:
                    Share(nowTicks, receivers);
                    break;
            }
        }
    }

    private void TryBegin(long nowTicks, ReadOnlySpan<LineUse> receivers)
    {
        var (index, mean) = FindPoorest(receivers);
        var poorest = receivers[index];

        // Where the next step is above the mean, somebody has to have less than others.
        var isUnfair = poorest.IsLimited && poorest.BitsPerSecond < mean * FairShare && poorest.NextBitsPerSecond <= mean * Tolerance;
        _unfairSinceTicks = !isUnfair ? 0 : _unfairSinceTicks == 0 ? nowTicks : _unfairSinceTicks;
        if (!isUnfair || nowTicks - _unfairSinceTicks < UnfairTicks || nowTicks < _nextTrialTicks)
        {
            return;
        }

        var isAfterShare = _poorestBefore > 0 && nowTicks - _sharedUntilTicks < AfterShareTicks;
        _shareTicks = isAfterShare ? _shareTicks : FirstShareTicks;
        if (isAfterShare && poorest.BitsPerSecond >= _poorestBefore * KeptShare)
        {
            // The others get more again, and the poorest has lost nothing by that.
            (_poorestBefore, _nextTrialTicks, _waitTicks) = (0, nowTicks + MaxWaitTicks, MaxWaitTicks);
            return;
        }

        (Phase, MaxBitsPerSecond) = (SharingPhase.Trial, (long)(Math.Max(mean, StreamAllocator.RequiredFor(poorest.NextBitsPerSecond)) * Tolerance));
        (_poorest, _goal) = (index, poorest.NextBitsPerSecond);
        (_poorestBefore, _unfairSinceTicks, _betterSinceTicks, _untilTicks) = (0, 0, 0, nowTicks + TrialTicks);
    }

    /// <summary>The index of the receiver that gets the least of those that want more, and what all get on average.</summary>
    private static (int Poorest, long Mean) FindPoorest(ReadOnlySpan<LineUse> receivers)
    {
        var (poorest, sum) = (0, 0L);
        for (var i = 0; i < receivers.Length; i++)
        {
            sum += receivers[i].BitsPerSecond;
            if (receivers[i].IsLimited && (!receivers[poorest].IsLimited || receivers[i].BitsPerSecond < receivers[poorest].BitsPerSecond))
            {
                poorest = i;
            }
        }

        return (poorest, sum / receivers.Length);
    }

    private void ContinueTrial(long nowTicks, in LineUse poorest)
    {
        var isBetter = poorest.BitsPerSecond * Tolerance >= _goal;
        _betterSinceTicks = !isBetter ? 0 : _betterSinceTicks == 0 ? nowTicks : _betterSinceTicks;
        if (isBetter && nowTicks - _betterSinceTicks >= ProvenTicks)
        {
            Phase = SharingPhase.Shared;
            _untilTicks = nowTicks + _shareTicks;
            (_shareTicks, _waitTicks) = (Math.Clamp(2 * _shareTicks, LongShareTicks, MaxShareTicks), FirstWaitTicks);
            (_line, _lineTicks) = ((long)(MaxBitsPerSecond * _receivers / UsableShare), nowTicks);
        }
        else if (!isBetter && (nowTicks >= _untilTicks || !poorest.IsLimited))
        {
            End(waits: true, nowTicks);
        }
    }

    /// <summary>The largest estimate is what the whole line takes: a probe of one receiver is sent between the packets of the others, and is for what all of them want.</summary>
    private void Share(long nowTicks, ReadOnlySpan<LineUse> receivers)
    {
        if (nowTicks >= _untilTicks)
        {
            var (index, _) = FindPoorest(receivers);
            (_poorestBefore, _sharedUntilTicks) = (receivers[index].BitsPerSecond, nowTicks);
            End(waits: false, nowTicks);
            return;
        }

        var (line, wanted) = (0L, 0L);
        foreach (var receiver in receivers)
        {
            line = Math.Max(line, receiver.EstimatedBitsPerSecond);
            wanted += receiver.WantedBitsPerSecond;
        }

        if (line >= _line || nowTicks - _lineTicks > EstimateTicks)
        {
            (_line, _lineTicks) = (line, nowTicks);
        }

        (MaxBitsPerSecond, WantedBitsPerSecond) = (EqualPart((long)(_line * UsableShare), receivers), wanted);
    }

    /// <summary>What each of those gets who want more than an equal part; the others leave them the rest of theirs.</summary>
    private static long EqualPart(long bitsPerSecond, ReadOnlySpan<LineUse> receivers)
    {
        var (part, before) = (bitsPerSecond / receivers.Length, 0L);
        while (part > before)
        {
            before = part;
            var (left, sharing) = (bitsPerSecond, receivers.Length);
            foreach (var receiver in receivers)
            {
                if (!receiver.IsLimited && receiver.BitsPerSecond < part)
                {
                    (left, sharing) = (left - receiver.BitsPerSecond, sharing - 1);
                }
            }

            part = sharing == 0 ? part : left / sharing;
        }

        return part;
    }

    private void End(bool waits, long nowTicks)
    {
        if (waits)
        {
            (_nextTrialTicks, _waitTicks) = (nowTicks + _waitTicks, Math.Min(MaxWaitTicks, 2 * _waitTicks));
        }

        (Phase, MaxBitsPerSecond, WantedBitsPerSecond) = (SharingPhase.Unknown, Unlimited, 0);
    }
}
