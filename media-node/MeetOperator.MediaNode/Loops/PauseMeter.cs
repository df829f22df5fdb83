namespace MeetOperator.MediaNode.Loops;

/// <summary>Measures the longest time in the last ten seconds during which a loop did not read its socket although it was not idle.</summary>
internal sealed class PauseMeter
{
    private readonly RecentMaximum _longest = new();
    private long _turnTicks;
    private long _waitedTicks;

    public long LongestTicks => _longest.Value;

    /// <summary>Records idle time, which does not count as a pause.</summary>
    public void RecordWait(long ticks) => _waitedTicks += ticks;

    /// <summary>Records the start of an iteration, in which the loop reads its socket.</summary>
    public void RecordIteration(long nowTicks)
    {
        var pause = _turnTicks == 0 ? 0 : nowTicks - _turnTicks - _waitedTicks;
        (_turnTicks, _waitedTicks) = (nowTicks, 0);
        _longest.Record(nowTicks, pause);
    }
}
