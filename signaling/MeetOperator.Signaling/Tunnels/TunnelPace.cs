namespace MeetOperator.Signaling.Tunnels;

/// <summary>How fast a client may send on a tunnel. More is not read, and so waits in the client. Not thread-safe; times are 100 ns ticks.</summary>
internal sealed class TunnelPace
{
    /// <summary>A client sends each packet for itself, and acknowledges each piece that it gets.</summary>
    public const int MessagesPerSecond = 1_500;

    /// <summary>16 Mbit/s. A client sends one picture of at most 1 Mbit/s and sound.</summary>
    public const int BytesPerSecond = 2_000_000;
    private const long BurstTicks = TimeSpan.TicksPerSecond;
    private long _messagesChargedUntil;
    private long _bytesChargedUntil;

    /// <summary>Records a piece of a message. Returns how long to wait before the next one is read.</summary>
    public TimeSpan Take(long nowTicks, int bytes)
    {
        _messagesChargedUntil = Math.Max(_messagesChargedUntil, nowTicks) + (TimeSpan.TicksPerSecond / MessagesPerSecond);
        _bytesChargedUntil = Math.Max(_bytesChargedUntil, nowTicks) + (bytes * TimeSpan.TicksPerSecond / BytesPerSecond);
        return TimeSpan.FromTicks(Math.Max(0, Math.Max(_messagesChargedUntil, _bytesChargedUntil) - nowTicks - BurstTicks));
    }
}
