namespace MeetOperator.MediaNode.Limits;

/// <summary>
/// Rate limit for the incoming media of one participant on all its connections, in bytes and packets. Only authenticated packets count, so that an attacker with
/// a forged source address cannot exhaust the limit. Above the limit, packets are dropped before they are decrypted.
/// </summary>
internal sealed class IngressLimit
{
    /// <summary>32 Mbit/s, twice the rate of a screen share and a camera in 1080p with audio and retransmissions.</summary>
    public const int BytesPerSecond = 4_000_000;
    public const int PacketsPerSecond = 5_000;

    /// <summary>The burst size, as the time in which the rate limit allows that amount. Key frames arrive in bursts.</summary>
    public const long BurstTicks = TimeSpan.TicksPerSecond;

    private readonly int _bytesPerSecond;
    private readonly int _packetsPerSecond;
    private long _bytesChargedUntilTicks;
    private long _packetsChargedUntilTicks;

    public IngressLimit()
        : this(BytesPerSecond, PacketsPerSecond)
    {
    }

    private IngressLimit(int bytesPerSecond, int packetsPerSecond) => (_bytesPerSecond, _packetsPerSecond) = (bytesPerSecond, packetsPerSecond);

    /// <summary>The limit of a network check: 6 Mbit/s, twice what its client sends.</summary>
    public static IngressLimit OfCheck() => new(bytesPerSecond: 750_000, packetsPerSecond: 1_500);

    public bool IsExhausted(long nowTicks) => _bytesChargedUntilTicks - nowTicks > BurstTicks || _packetsChargedUntilTicks - nowTicks > BurstTicks;

    public void Count(long nowTicks, int bytes)
    {
        _bytesChargedUntilTicks = Math.Max(_bytesChargedUntilTicks, nowTicks) + (bytes * TimeSpan.TicksPerSecond / _bytesPerSecond);
        _packetsChargedUntilTicks = Math.Max(_packetsChargedUntilTicks, nowTicks) + (TimeSpan.TicksPerSecond / _packetsPerSecond);
    }
}
