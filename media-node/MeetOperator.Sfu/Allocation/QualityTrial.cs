namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// Tries the next better quality on a line that cannot be probed: it is sent for some seconds although the estimate does not allow it, and the client's reports show whether the line takes
/// it. After a trial that fails, the next one waits twice as long, until the line was good for as long as that. Without trials, a client that gets nothing would get nothing for ever, because nothing raises the estimate.
/// </summary>
internal struct QualityTrial
{
    private const long FirstWaitTicks = 5 * TimeSpan.TicksPerSecond;
    private const long MaxWaitTicks = 80 * TimeSpan.TicksPerSecond;

    /// <summary>The estimate must have grown after this time, and again after each such time.</summary>
    private const long GrowthTicks = 5 * TimeSpan.TicksPerSecond;
    private const double Growth = 1.05;

    /// <summary>Overuse and loss count from this time of a trial on. Before, they can be those from before the trial.</summary>
    private const long SettleTicks = 2 * TimeSpan.TicksPerSecond;

    /// <summary>The estimate may fall by as much by chance.</summary>
    private const double MaxFall = 0.85;

    /// <summary>More loss than before the trial.</summary>
    private const double MaxMoreLoss = 0.1;

    /// <summary>The rates of streams change a little from one measurement to the next.</summary>
    private const double Margin = 1.05;
    private long _waitTicks;
    private long _nextTicks;
    private long _goodSinceTicks; // 0 for not
    private long _settledTicks;
    private long _checkTicks;
    private long _estimateBefore;
    private double _lossBefore;

    /// <summary>The bandwidth that is tried; 0 while there is no trial.</summary>
    public long BitsPerSecond { get; private set; }

    /// <summary>Begins, continues or ends a trial.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="estimate">What the line is known to take, in bits per second.</param>
    /// <param name="needed">The estimate with which more would be sent; 0 when there is nothing more.</param>
    /// <param name="isOverused">Whether a queue grows.</param>
    /// <param name="lossRatio">The share of packets that get lost, from 0 to 1.</param>
    public void Update(long nowTicks, long estimate, long needed, bool isOverused, double lossRatio)
    {
        _goodSinceTicks = needed > estimate ? 0 : _goodSinceTicks == 0 ? nowTicks : _goodSinceTicks;
        if (BitsPerSecond > 0)
        {
            Continue(nowTicks, estimate, isCongested: nowTicks >= _settledTicks && (isOverused || lossRatio > _lossBefore + MaxMoreLoss));
        }
        else if (needed <= estimate)
        {
            _nextTicks = 0;
            _waitTicks = nowTicks - _goodSinceTicks >= _waitTicks ? FirstWaitTicks : _waitTicks;
        }
        else if (_nextTicks == 0)
        {
            _waitTicks = Math.Max(_waitTicks, FirstWaitTicks);
            _nextTicks = nowTicks + _waitTicks;
        }
        else if (nowTicks >= _nextTicks)
        {
            BitsPerSecond = (long)(needed * Margin);
            (_settledTicks, _checkTicks, _estimateBefore) = (nowTicks + SettleTicks, nowTicks + GrowthTicks, estimate);
            _lossBefore = lossRatio;
        }
    }

    private void Continue(long nowTicks, long estimate, bool isCongested)
    {
        if (estimate >= BitsPerSecond)
        {
            (BitsPerSecond, _waitTicks, _nextTicks) = (0, FirstWaitTicks, 0);
        }
        else if (isCongested || estimate < _estimateBefore * MaxFall || (nowTicks >= _checkTicks && estimate < _estimateBefore * Growth))
        {
            (BitsPerSecond, _waitTicks, _nextTicks) = (0, Math.Min(MaxWaitTicks, 2 * _waitTicks), 0);
        }
        else if (nowTicks >= _checkTicks)
        {
            (_checkTicks, _estimateBefore) = (nowTicks + GrowthTicks, estimate);
        }
    }
}
