namespace MeetOperator.Sfu.Allocation;

/// <summary>
/// How long a track keeps a reduced quality, so that an estimate that swings around a limit does not cause a key frame with every swing. A better quality that
/// soon makes the line carry less was too much for it, often because of its key frame, so the next attempt waits twice as long, unless the line has become much wider. Pure.
/// </summary>
internal sealed class QualityHold
{
    private const long FirstTicks = 2 * TimeSpan.TicksPerSecond;
    private const long MaxTicks = 64 * TimeSpan.TicksPerSecond;

    /// <summary>The same for a track that gets nothing. It continues in its smallest size.</summary>
    private const long FirstPausedTicks = 500 * TimeSpan.TicksPerMillisecond;
    private const long MaxPausedTicks = 4 * TimeSpan.TicksPerSecond;

    /// <summary>A quality that was kept for so long did not fail.</summary>
    private const long ProvenTicks = 10 * TimeSpan.TicksPerSecond;

    /// <summary>A line with this many times the bandwidth is another one.</summary>
    private const double MuchWider = 1.5;

    /// <summary>With more than this part of the bandwidth, something else has taken it, as another speaker, and the quality has not failed.</summary>
    private const double StillAsWide = 0.9;
    private long _leastUntilTicks;
    private long _untilTicks;
    private long _waitTicks;
    private long _raisedTicks; // 0 for not
    private int _raisedStep;
    private int _failedStep; // the lowest one that was too much
    private long _raisedEstimate;

    /// <summary>Whether the quality may not be raised to a step yet.</summary>
    /// <param name="nowTicks">The time.</param>
    /// <param name="estimate">What the line takes, in bits per second.</param>
    /// <param name="step">The step. Those below one that was too much wait for two seconds only.</param>
    public bool IsHeld(long nowTicks, long estimate, int step) =>
        nowTicks < _leastUntilTicks || (step >= _failedStep && nowTicks < _untilTicks && estimate < _raisedEstimate * MuchWider);

    /// <summary>The quality was raised to a step.</summary>
    public void OnRaised(long nowTicks, long estimate, int step) => (_raisedTicks, _raisedEstimate, _raisedStep) = (nowTicks, estimate, step);

    /// <summary>The track continues after a pause. It keeps its smallest size for some time.</summary>
    public void OnResumed(long nowTicks, long estimate)
    {
        OnRaised(nowTicks, estimate, step: 0);
        _leastUntilTicks = nowTicks + FirstTicks;
    }

    /// <summary>The quality was reduced for lack of bandwidth.</summary>
    public void OnReduced(long nowTicks, long estimate, bool isPaused)
    {
        if (_raisedTicks != 0 && nowTicks - _raisedTicks < ProvenTicks && estimate < _raisedEstimate * StillAsWide)
        {
            _failedStep = nowTicks < _untilTicks ? Math.Min(_failedStep, _raisedStep) : _raisedStep;
            (_waitTicks, _raisedTicks) = (Math.Clamp(2 * _waitTicks, FirstTicks, MaxTicks), 0);
        }
        else if (nowTicks >= _untilTicks)
        {
            (_waitTicks, _failedStep) = (FirstTicks, 0);
        }

        _leastUntilTicks = nowTicks + (isPaused ? FirstPausedTicks : FirstTicks);
        _untilTicks = nowTicks + (isPaused ? Math.Min(MaxPausedTicks, _waitTicks / 4) : _waitTicks);
    }
}
