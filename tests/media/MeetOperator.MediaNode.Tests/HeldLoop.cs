using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A loop that stands still until this is disposed.</summary>
internal sealed class HeldLoop : IAsyncDisposable
{
    private readonly ManualResetEventSlim _release = new();
    private Task<bool> _held = null!;

    private HeldLoop()
    {
    }

    /// <param name="loop">The loop.</param>
    /// <param name="first">What the loop does last, in the same command.</param>
    public static async Task<HeldLoop> HoldAsync(MediaLoop loop, Action? first = null)
    {
        var (hold, begun) = (new HeldLoop(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        hold._held = loop.RunAsync(
            () =>
            {
                first?.Invoke();
                begun.SetResult();
                return hold._release.Wait(TimeSpan.FromSeconds(60));
            },
            default);
        await await Task.WhenAny(begun.Task, hold._held);
        return hold;
    }

    public async ValueTask DisposeAsync()
    {
        _release.Set();
        Assert.True(await _held);
        _release.Dispose();
    }
}
