namespace MeetOperator.Rtp.Packets;

/// <summary>Arithmetic of 32-bit RTP timestamps that wrap.</summary>
public static class RtpTimestamp
{
    /// <summary>Clock units from <paramref name="from"/> to <paramref name="to"/>; negative when <paramref name="to"/> is earlier.</summary>
    public static int Distance(uint from, uint to) => (int)(to - from);

    public static bool IsNewer(uint candidate, uint reference) => Distance(reference, candidate) > 0;

    /// <summary>Converts 100 ns ticks to clock units.</summary>
    public static long FromTicks(long ticks, int clockRate) =>
        (long)((Int128)ticks * clockRate / TimeSpan.TicksPerSecond);
}
