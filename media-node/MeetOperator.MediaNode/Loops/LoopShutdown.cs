using MeetOperator.MediaNode.Time;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Loops;

/// <summary>Ends the loops of a media node, also when one of them stands still.</summary>
internal static partial class LoopShutdown
{
    /// <summary>How long to wait for the threads of all loops. An iteration normally takes less than a millisecond.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Stops all threads, and then disposes the loops. What a loop that stands still has is not disposed, because its thread may use it; of a disposed loop that it is linked with, it uses
    /// only managed memory. The thread ends with the process.
    /// </summary>
    /// <returns>Whether all loops have ended.</returns>
    public static bool Run(IReadOnlyList<MediaLoop> loops, ILogger logger)
    {
        foreach (var loop in loops)
        {
            loop.RequestStop();
        }

        var end = MonotonicClock.NowTicks + Limit.Ticks;
        var ended = loops.Where(loop => loop.WaitForStop(TimeSpan.FromTicks(Math.Max(0, end - MonotonicClock.NowTicks)))).ToArray();
        foreach (var loop in loops.Except(ended))
        {
            LogStandsStill(logger, loop.Port, (MonotonicClock.NowTicks - loop.LastTurnTicks) / TimeSpan.TicksPerSecond, Limit.TotalSeconds);
        }

        foreach (var loop in ended)
        {
            loop.Dispose();
        }

        return ended.Length == loops.Count;
    }

    [LoggerMessage(EventId = 4101, Level = LogLevel.Error, Message = "The media loop of UDP port {Port} has stood still for {Seconds} s and did not end within {Limit} s. The process ends without it.")]
    private static partial void LogStandsStill(ILogger logger, int port, long seconds, double limit);
}
