using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class FormerCallsTests
{
    private readonly FormerCalls _calls = new();
    private readonly List<string> _made = [];

    [Fact]
    public void Run_NothingIsInProgress_CallsAtOnce()
    {
        _calls.Run("view", () => Make("first"));
        _calls.Run("view", () => Make("second"));

        Assert.Equal(["first", "second"], _made);
    }

    [Fact]
    public async Task Run_CallInProgress_LastOfEachKindFollowsInOrder()
    {
        var (hanging, done) = (new TaskCompletionSource(), new TaskCompletionSource());
        _calls.Run("audio", () => hanging.Task);
        _calls.Run("view", () => Make("first view"));
        _calls.Run("audio", () => Make("unmute"));
        _calls.Run("view", () => Make("second view"));
        _calls.Run("end", () =>
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
        _calls.Run("view", () => Task.FromException(new InvalidOperationException()));
        _calls.Run("audio", () => Make("unmute"));

        Assert.Equal(["unmute"], _made);
    }

    private Task Make(string call)
    {
        _made.Add(call);
        return Task.CompletedTask;
    }
}
