using MeetOperator.MediaNode.Loops;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A loop that stands still until it is released.</summary>
internal sealed class HeldLoop : IDisposable
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(30);
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _release = new();
    private Task _holding = Task.CompletedTask;

    public static async Task<HeldLoop> HoldAsync(MediaLoop loop)
    {
        var held = new HeldLoop();
        held._holding = loop.RunAsync(
            () =>
            {
                held._held.SetResult();
                return held._release.Wait(AtMost);
            },
            default);
        await held._held.Task.WaitAsync(AtMost);
        return held;
    }

    public void Release() => _release.Set();

    /// <summary>Releases the loop, and returns when it goes on.</summary>
    public async Task ReleaseAsync()
    {
        Release();
        await _holding.WaitAsync(AtMost);
    }

    public void Dispose() => _release.Set(); // the loop may still use it, so it is not disposed
}
