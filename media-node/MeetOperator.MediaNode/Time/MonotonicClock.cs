using System.Diagnostics;

namespace MeetOperator.MediaNode.Time;

/// <summary>Monotonic time in 100 ns ticks, without the time in which the process was suspended.</summary>
internal static class MonotonicClock
{
    private static readonly RunningTime Running = new();

    public static long NowTicks => Running.At(Stopwatch.GetElapsedTime(0).Ticks);

    /// <summary>The time of day in 100 ns ticks since 1970, to compare with times from the kernel. It can step; nothing else uses it.</summary>
    public static long WallTicks => DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks;
}
