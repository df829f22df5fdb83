namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The abs-send-time extension: seconds modulo 64 as a 6.18 fixed-point number.</summary>
internal static class AbsoluteSendTime
{
    public const uint Mask = 0xFFFFFF;

    /// <summary>Converts 100 ns ticks of any monotonic clock.</summary>
    public static uint FromTicks(long ticks) =>
        (uint)((ulong)(ticks % (64 * TimeSpan.TicksPerSecond)) * (1UL << 18) / TimeSpan.TicksPerSecond) & Mask;
}
