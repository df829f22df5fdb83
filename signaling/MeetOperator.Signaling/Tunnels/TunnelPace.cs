namespace MeetOperator.Signaling.Tunnels;

/// <summary>How fast a participant may send, on all its tunnels together. More is not read, and so waits in the client. Thread-safe; times are 100 ns ticks.</summary>
internal sealed class TunnelPace
{
    /// <summary>
    /// Twice what a client sends at most. It sends each packet for itself: 164 of a camera and a screen (700 kbit/s each, in 20 and 8 pictures a second), 100 of their sounds, 40 reports. The
    /// acknowledgements of what it has got do not count.
    /// </summary>
    public const int MessagesPerSecond = 600;

    /// <summary>4 Mbit/s, more than twice what a client sends at most.</summary>
    public const int BytesPerSecond = 500_000;

    /// <summary>The burst, as the time in which the rate allows that amount. Key frames are several times as large as other pictures.</summary>
    private const long BurstTicks = TimeSpan.TicksPerSecond;
    private readonly Lock _lock = new();
    private long _messagesChargedUntil;
    private long _bytesChargedUntil;

    /// <summary>Records bytes that were read. Returns how long to wait before more are.</summary>
    public TimeSpan TakeBytes(long nowTicks, int bytes) => Take(ref _bytesChargedUntil, nowTicks, bytes * TimeSpan.TicksPerSecond / BytesPerSecond);

    /// <summary>Records a message, or a piece of one. Returns how long to wait before the next one is read.</summary>
    public TimeSpan TakeMessage(long nowTicks) => Take(ref _messagesChargedUntil, nowTicks, TimeSpan.TicksPerSecond / MessagesPerSecond);

    /// <summary>Whether nothing is charged any more, so that a new one would allow the same.</summary>
    public bool IsRested(long nowTicks)
    {
        lock (_lock)
        {
            return Math.Max(_messagesChargedUntil, _bytesChargedUntil) <= nowTicks;
        }
    }

    private TimeSpan Take(ref long chargedUntil, long nowTicks, long ticks)
    {
        lock (_lock)
        {
            chargedUntil = Math.Max(chargedUntil, nowTicks) + ticks;
            return TimeSpan.FromTicks(Math.Max(0, chargedUntil - nowTicks - BurstTicks));
        }
    }
}
