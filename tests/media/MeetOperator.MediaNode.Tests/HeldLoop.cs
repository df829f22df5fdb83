using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A loop that stands still until it is released.</summary>
internal sealed class HeldLoop : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);
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
                return hold._release.Wait(AtMost);
            },
            default);
        await await Task.WhenAny(begun.Task, hold._held);
        return hold;
    }

    public void Release() => _release.Set();

    /// <summary>Releases the loop, and returns when it goes on.</summary>
    public async Task ReleaseAsync()
    {
        Release();
        Assert.True(await _held.WaitAsync(AtMost));
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync();

    public void Dispose() => Release(); // the loop may still use it, so it is not disposed
}
