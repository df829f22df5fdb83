using System.Diagnostics;

namespace MeetOperator.Testing;

/// <summary>Polls until a condition is true, and fails after a time limit.</summary>
public static class Eventually
{
    /// <summary>How long a test waits unless it sets another limit.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) => TrueAsync(condition, () => what, limit);

    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null) => TrueAsync(condition, () => what, limit);

    /// <summary>Evaluates <paramref name="what"/> only when the limit is reached.</summary>
    public static Task TrueAsync(Func<bool> condition, Func<string> what, TimeSpan? limit = null) => TrueAsync(() => Task.FromResult(condition()), what, limit);

    /// <summary>Evaluates <paramref name="what"/> only when the limit is reached.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? limit = null)
    {
        var end = limit ?? Limit;
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > end)
            {
                throw new TimeoutException($"Not within {end.TotalSeconds} s: {what()}");
            }

            await PauseAsync(waited.Elapsed);
        }
    }

    /// <summary>Pauses for a tenth of the time waited so far, but for 15 to 100 ms, so that long waits use little CPU time.</summary>
    private static Task PauseAsync(TimeSpan waited) => Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(waited.TotalMilliseconds / 10, 15, 100)));
}
