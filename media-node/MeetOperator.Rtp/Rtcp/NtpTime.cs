namespace MeetOperator.Rtp.Rtcp;

/// <summary>NTP timestamps: 32.32 fixed-point seconds since 1900.</summary>
public static class NtpTime
{
    private const long SecondsFrom1900To1970 = 2_208_988_800;

    /// <summary>Converts 100 ns ticks since 1970.</summary>
    public static ulong FromUnixTicks(long ticks)
    {
        var seconds = (ulong)((ticks / TimeSpan.TicksPerSecond) + SecondsFrom1900To1970);
        var fraction = (ulong)(ticks % TimeSpan.TicksPerSecond) * (1UL << 32) / TimeSpan.TicksPerSecond;
        return (seconds << 32) | fraction;
    }

    /// <summary>The middle 32 bits: 16.16 fixed-point seconds, as in report blocks.</summary>
    public static uint Middle(ulong ntp) => (uint)(ntp >> 16);

    /// <summary>Converts a duration in 1/65536 s to 100 ns ticks.</summary>
    public static long ShortToTicks(uint duration) => duration * TimeSpan.TicksPerSecond / 65536;

    /// <summary>Converts a duration in 100 ns ticks to 1/65536 s.</summary>
    public static uint TicksToShort(long ticks) => (uint)Math.Clamp(ticks * 65536 / TimeSpan.TicksPerSecond, 0, uint.MaxValue);
}
