namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// Whether audio frames may be sent twice to a receiver that loses packets. On a narrow line, the second copies can be what makes the packets get lost, and the loss would then never end.
/// There, the loss without them is measured first. If it remains, redundancy is tried, and ends when the loss becomes more than 10 percentage points higher, or after a minute. Then it is
/// measured again. If the loss was lower without redundancy, the next trial waits twice as long. Pure.
/// </summary>
internal struct RedundancyLimit
{
    private const long FirstWaitTicks = 5 * TimeSpan.TicksPerSecond;
    private const long MaxWaitTicks = 96 * TimeSpan.TicksPerSecond;

    /// <summary>The time at the end of a wait for which the loss without redundancy is measured.</summary>
    private const long MeasureTicks = 3 * TimeSpan.TicksPerSecond;
    private const long MaxTrialTicks = TimeSpan.TicksPerMinute;

    /// <summary>A line that takes redundancy for so long is another one, and earlier failures no longer count.</summary>
    private const long ProvenTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>The share of the line that audio with redundancy may take beside video that needs more than the line has.</summary>
    private const double MaxShare = 0.25;

    /// <summary>A loss that redundancy can help against.</summary>
    private const double LeastLoss = 0.02;

    /// <summary>A loss that is higher by no more than this can be chance.</summary>
    private const double MaxMoreLoss = 0.1;

    /// <summary>If the loss is lower by more than this without redundancy, redundancy has caused it.</summary>
    private const double MinLessLoss = 0.05;

    /// <summary>The loss is smoothed over this time.</summary>
    private const double SmoothingTicks = 4 * TimeSpan.TicksPerSecond;
    private double _loss;
    private double _lossWithout;
    private double _lossWith; // of the last trial; 0 for none
    private long _lastTicks;
    private long _wideSinceTicks; // 0 while the line is narrow
    private long _waitTicks;
    private long _nextTicks; // the end of the wait or of the trial; 0 for neither
    private bool _isTrial;

    public RedundancyLimit() => IsAllowed = true;

    /// <summary>Whether redundancy is allowed.</summary>
    public bool IsAllowed { get; private set; }

    /// <summary>Decides again. Call it several times a second.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="isWanted">Whether packets get lost, so that redundancy would help.</param>
    /// <param name="bitsPerSecond">What audio takes with redundancy.</param>
    /// <param name="estimate">What the line takes, in bits per second.</param>
    /// <param name="isShared">Whether video needs more than the line has.</param>
    /// <param name="isDraining">Whether a queue drains. What gets lost then shows nothing about the line.</param>
    /// <param name="lossRatio">The share of packets that get lost, from 0 to 1.</param>
    public bool Update(long nowTicks, bool isWanted, long bitsPerSecond, long estimate, bool isShared, bool isDraining, double lossRatio)
    {
        var elapsed = Math.Max(0, nowTicks - _lastTicks);
        _lastTicks = nowTicks;
        _loss += (lossRatio - _loss) * Math.Min(1, elapsed / SmoothingTicks);
        if (bitsPerSecond <= estimate * (isShared ? MaxShare : 1))
        {
            _wideSinceTicks = _wideSinceTicks == 0 ? nowTicks : _wideSinceTicks;
            (_waitTicks, _lossWith) = nowTicks - _wideSinceTicks >= ProvenTicks ? (0, 0) : (_waitTicks, _lossWith);
            (_nextTicks, _isTrial) = (0, false);
            return IsAllowed = true;
        }

        _wideSinceTicks = 0;
        return IsAllowed = isWanted ? Try(nowTicks, isDraining, lossRatio) : End();
    }

    private bool Try(long nowTicks, bool isDraining, double lossRatio)
    {
        if (_isTrial)
        {
            if (nowTicks < _nextTicks && _loss <= _lossWithout + MaxMoreLoss)
            {
                return true;
            }

            (_isTrial, _nextTicks, _lossWith) = (false, nowTicks + FirstWaitTicks, _loss);
        }

        _nextTicks = _nextTicks == 0 || isDraining ? Math.Max(_nextTicks, nowTicks + FirstWaitTicks) : _nextTicks;
        if (nowTicks <= _nextTicks - MeasureTicks)
        {
            _loss = lossRatio;
        }

        if (nowTicks < _nextTicks)
        {
            return false;
        }

        if (_loss < _lossWith - MinLessLoss)
        {
            _waitTicks = Math.Clamp(2 * _waitTicks, 2 * FirstWaitTicks, MaxWaitTicks);
            (_lossWith, _nextTicks) = (0, nowTicks + _waitTicks);
            return false;
        }

        _isTrial = _loss >= LeastLoss;
        (_lossWithout, _lossWith, _nextTicks) = (_loss, 0, _isTrial ? nowTicks + MaxTrialTicks : 0);
        return _isTrial;
    }

    private bool End()
    {
        (_isTrial, _nextTicks) = (false, 0);
        return false;
    }
}
