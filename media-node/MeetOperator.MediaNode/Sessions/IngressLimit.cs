namespace MeetOperator.MediaNode.Sessions;

/// <summary>
/// What one participant may send on all its connections together, in bytes and in packets. Only what proved authentic counts, so that a stranger who
/// forges its address cannot use up its share; once it is used up, what comes is dropped before any work is done for it.
/// </summary>
internal sealed class IngressLimit
{
    /// <summary>32 Mbit/s: a screen and a camera in 1080p, sound, and retransmissions of all take half of it.</summary>
    public const int BytesPerSecond = 4_000_000;
    public const int PacketsPerSecond = 5_000;

    /// <summary>A burst may be as much as this time allows: key frames come at once.</summary>
    public const long BurstTicks = TimeSpan.TicksPerSecond;

    private long _bytesPaidUntil;
    private long _packetsPaidUntil;

    public bool IsUsedUp(long nowTicks) => _bytesPaidUntil - nowTicks > BurstTicks || _packetsPaidUntil - nowTicks > BurstTicks;

    public void Count(long nowTicks, int bytes)
    {
        _bytesPaidUntil = Math.Max(_bytesPaidUntil, nowTicks) + (bytes * TimeSpan.TicksPerSecond / BytesPerSecond);
        _packetsPaidUntil = Math.Max(_packetsPaidUntil, nowTicks) + (TimeSpan.TicksPerSecond / PacketsPerSecond);
    }
}
