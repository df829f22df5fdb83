namespace MeetOperator.Rtp.Packets;

/// <summary>Arithmetic of 32-bit RTP timestamps that wrap.</summary>
public static class RtpTimestamp
{
    /// <summary>Converts 100 ns ticks to clock units.</summary>
    public static long FromTicks(long ticks, int clockRate) =>
        (long)((Int128)ticks * clockRate / TimeSpan.TicksPerSecond);
}
