using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class FormerCallsTests
{
    private readonly FormerCalls _calls = new();
    private readonly List<string> _made = [];

    [Fact]
    public void Run_NothingIsInProgress_CallsAtOnce()
    {
        _calls.Run("view", _ => Make("first"));
        _calls.Run("view", _ => Make("second"));

        Assert.Equal(["first", "second"], _made);
    }

    [Fact]
    public async Task Run_CallInProgress_LastOfEachKindFollowsInOrder()
    {
        var (hanging, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        _calls.Run("audio", _ => hanging.Task);
        _calls.Run("view", _ => Make("first view"));
        _calls.Run("audio", _ => Make("unmute"));
        _calls.Run("view", _ => Make("second view"));
        _calls.Run("end", _ =>
        {
            done.SetResult();
            return Task.CompletedTask;
        });
        Assert.Empty(_made);

        hanging.SetResult();

        await done.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["second view", "unmute"], _made);
    }

    [Fact]
    public void Run_CallFails_OthersFollow()
    {
        _calls.Run("view", _ => Task.FromException(new InvalidOperationException()));
        _calls.Run("audio", _ => Make("unmute"));

        Assert.Equal(["unmute"], _made);
    }

    [Fact]
    public async Task Cancel_CallInProgress_ItAndThoseThatWaitAreCanceled()
    {
        List<bool> canceled = [];
        _calls.Run("view", ct => Task.Delay(Timeout.Infinite, ct));
        _calls.Run("audio", ct =>
        {
            canceled.Add(ct.IsCancellationRequested);
            return Task.CompletedTask;
        });

        await _calls.CancelAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal([true], canceled);
    }

    [Fact]
    public async Task Run_AfterCancel_IsNotCanceled()
    {
        var (ending, canceled) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        _calls.Run("view", _ => ending.Task);
        var ended = _calls.CancelAsync();
        _calls.Run("audio", ct =>
        {
            canceled.SetResult(ct.IsCancellationRequested);
            return Task.CompletedTask;
        });
        Assert.False(ended.IsCompleted, "the call in progress has not ended");

        ending.SetResult();

        await ended.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(await canceled.Task);
    }

    [Fact]
    public void Cancel_NothingIsInProgress_IsDoneAtOnce() => Assert.True(_calls.CancelAsync().IsCompleted);

    private Task Make(string call)
    {
        _made.Add(call);
        return Task.CompletedTask;
    }
}
