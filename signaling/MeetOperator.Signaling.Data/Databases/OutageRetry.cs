using System.Data.Common;

namespace MeetOperator.Signaling.Data;

/// <summary>Whether, and when, work that met a broken connection is done once more: a restart of the database takes a moment, and most callers can wait that long.</summary>
internal static class OutageRetry
{
    /// <summary>After this long the caller is told; it has more patience than we have a right to.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Last = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait before the next attempt; null: no further one.</summary>
    public static TimeSpan? WaitBefore(int attempt, TimeSpan elapsed, Exception failure)
    {
        if (!IsBreak(failure))
        {
            return null;
        }

        var wait = First * Math.Pow(2, Math.Min(attempt, 10));
        wait = wait < Last ? wait : Last;
        return elapsed + wait < Patience ? wait : null;
    }

    /// <summary>The server went away, is going or is coming: nothing is wrong with the work itself.</summary>
    private static bool IsBreak(Exception failure) => failure is DbException e && (e.IsTransient || e.SqlState is
        "57P01" // admin_shutdown
        or "57P02" // crash_shutdown
        or "57P03" // cannot_connect_now
        || e.InnerException is IOException or System.Net.Sockets.SocketException or TimeoutException);
}
