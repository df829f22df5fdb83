namespace MeetOperator.Turn.Coturn;

/// <summary>Limits how many lines are logged in a minute, and counts those that are left out. Not thread-safe.</summary>
internal sealed class LineBudget(int perMinute, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private long? _began;
    private int _taken;
    private int _leftOut;

    /// <summary>Whether a line may be logged. <paramref name="leftOut"/> is the number of lines before it that were not.</summary>
    public bool TryTake(out int leftOut)
    {
        leftOut = 0;
        if (_began is not { } began || time.GetElapsedTime(began) >= Period)
        {
            _began = time.GetTimestamp();
            _taken = 0;
        }

        if (_taken == perMinute)
        {
            _leftOut++;
            return false;
        }

        _taken++;
        (leftOut, _leftOut) = (_leftOut, 0);
        return true;
    }
}
