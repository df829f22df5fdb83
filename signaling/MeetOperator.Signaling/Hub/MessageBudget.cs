namespace MeetOperator.Signaling;

/// <summary>How much one socket may say: 50 messages a second, and 20 bad ones in all.</summary>
public sealed class MessageBudget(TimeProvider time)
{
    public const int PerSecond = 50;
    public const int MaxBad = 20;

    private double tokens = PerSecond;
    private long filledAt = time.GetTimestamp();
    private int bad;

    /// <summary>False when this message is one too many.</summary>
    public bool TryTake()
    {
        var now = time.GetTimestamp();
        tokens = Math.Min(PerSecond, tokens + (time.GetElapsedTime(filledAt, now).TotalSeconds * PerSecond));
        filledAt = now;
        if (tokens < 1)
        {
            return false;
        }

        tokens--;
        return true;
    }

    /// <summary>True when the socket has used up its patience.</summary>
    public bool CountBad() => ++bad >= MaxBad;
}
