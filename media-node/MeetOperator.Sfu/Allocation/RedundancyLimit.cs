namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// Whether audio frames may be sent twice to a receiver that loses packets. On a narrow line, the second copies can be what makes the packets get lost, and would then never end. There,
/// the loss without them is measured first. Only if it remains is redundancy tried, and only if the loss has not become higher does it stay. After a failure, the next trial waits twice as long. Pure.
/// </summary>
internal struct RedundancyLimit
{
    private const long FirstWaitTicks = 5 * TimeSpan.TicksPerSecond;
    private const long MaxWaitTicks = 96 * TimeSpan.TicksPerSecond;

    /// <summary>The share of the line that audio with redundancy may take beside video that needs more than the line has.</summary>
    private const double MaxShare = 0.25;

    /// <summary>A loss that redundancy can help against.</summary>
    private const double LeastLoss = 0.02;

    /// <summary>The loss may be higher by as much by chance.</summary>
    private const double MaxMoreLoss = 0.1;

    /// <summary>Weight of the newest loss. With five measurements a second, this is the mean of about four seconds.</summary>
    private const double Smoothing = 0.05;

    /// <summary>The time for which the loss without redundancy is measured, at the end of the wait.</summary>
    private const long MeasureTicks = 3 * TimeSpan.TicksPerSecond;

    /// <summary>More than any loss.</summary>
    private const double NotMeasured = 2;
    private double _loss;
    private double _lossWithout;
    private long _waitTicks;
    private long _nextTicks; // 0 while no trial is due

    public RedundancyLimit() => (IsAllowed, _lossWithout) = (true, NotMeasured);

    /// <summary>Whether redundancy is allowed.</summary>
    public bool IsAllowed { get; private set; }

    /// <summary>Decides again. Call it about five times a second.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="isWanted">Whether redundancy would be sent now.</param>
    /// <param name="bitsPerSecond">What audio takes with redundancy.</param>
    /// <param name="estimate">What the line takes, in bits per second.</param>
    /// <param name="isShared">Whether video needs more than the line has.</param>
    /// <param name="isDraining">Whether a queue drains. What gets lost then shows nothing about the line.</param>
    /// <param name="lossRatio">The share of packets that get lost, from 0 to 1.</param>
    public bool Update(long nowTicks, bool isWanted, long bitsPerSecond, long estimate, bool isShared, bool isDraining, double lossRatio)
    {
        _loss += (lossRatio - _loss) * Smoothing;
        if (bitsPerSecond <= estimate * (isShared ? MaxShare : 1))
        {
            (_waitTicks, _nextTicks, _lossWithout) = (0, 0, NotMeasured);
            return IsAllowed = true;
        }

        if (!isWanted || (IsAllowed && _loss > _lossWithout + MaxMoreLoss))
        {
            _waitTicks = isWanted ? Math.Min(MaxWaitTicks, 2 * _waitTicks) : 0;
            _nextTicks = 0;
            return IsAllowed = false;
        }

        if (IsAllowed && _lossWithout < NotMeasured)
        {
            return true; // the trial goes on
        }

        if (_nextTicks == 0 || isDraining)
        {
            _waitTicks = Math.Max(_waitTicks, FirstWaitTicks);
            _nextTicks = nowTicks + _waitTicks;
        }
        else if (nowTicks <= _nextTicks - MeasureTicks)
        {
            _loss = lossRatio;
        }
        else if (nowTicks >= _nextTicks)
        {
            (_lossWithout, _nextTicks) = (_loss, 0);
            return IsAllowed = _loss >= LeastLoss;
        }

        return IsAllowed = false;
    }
}
