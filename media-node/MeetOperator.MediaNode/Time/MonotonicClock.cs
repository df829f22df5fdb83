using System.Diagnostics;

namespace MeetOperator.MediaNode.Time;

/// <summary>Monotonic time in 100 ns ticks.</summary>
internal static class MonotonicClock
{
    public static long NowTicks => Stopwatch.GetElapsedTime(0).Ticks;
}
