using System.Diagnostics;
using MeetOperator.Kube.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Polls until a condition is true. Fails after a time limit.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (limit ?? Limit), $"Not within {limit ?? Limit}: {what}.");
            await Polling.PauseAsync(watch.Elapsed);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) => TrueAsync(() => Task.FromResult(condition()), what, limit);
}
