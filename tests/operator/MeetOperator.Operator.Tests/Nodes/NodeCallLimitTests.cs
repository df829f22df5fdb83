using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Calls;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

/// <summary>When a node that did not respond is called again.</summary>
public sealed class NodeCallLimitTests
{
    private static readonly NamespacedName Node = new("meet-a", "n1");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private readonly ManualTime _time = new();
    private readonly NodeCallLimit _limit;

    public NodeCallLimitTests() => _limit = new NodeCallLimit(8, _time);

    [Fact]
    public async Task RecordSilence_SuccessiveCalls_DoublesThePause()
    {
        foreach (var milliseconds in (int[])[500, 1000, 2000, 4000, 8000, 8000])
        {
            TimeOut(calls: 1);

            await ExpectPauseAsync(milliseconds, isNewRoom: false);
        }
    }

    [Fact]
    public async Task RecordSilence_ConcurrentCalls_CountOnce()
    {
        TimeOut(calls: 8);
        await ExpectPauseAsync(500, isNewRoom: false);

        TimeOut(calls: 8);
        await ExpectPauseAsync(1000, isNewRoom: false);
    }

    /// <summary>The others of its time show nothing new, also when they end later.</summary>
    [Fact]
    public async Task RecordSilence_CallThatBeganBeforeTheLastOne_DoesNotCount()
    {
        var first = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(1));
        _limit.RecordSilence(Node, "p", first);
        _time.Advance(TimeSpan.FromSeconds(1));

        _limit.RecordSilence(Node, "p", second);

        Assert.True(await IsDueAsync(isNewRoom: false));
    }

    /// <summary>Nobody can join the meeting before it has a room.</summary>
    [Fact]
    public async Task TryTakeTurn_NewRoom_WaitsForOneSecondAtMost()
    {
        for (var call = 0; call < 5; call++)
        {
            TimeOut(calls: 1);
        }

        await ExpectPauseAsync(1000, isNewRoom: true);
        Assert.False(await IsDueAsync(isNewRoom: false));
    }

    [Fact]
    public async Task TryTakeTurn_AfterThePause_LetsOneCallThroughUntilItHasAResponse()
    {
        TimeOut(calls: 1);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        using (var first = await TakeTurnAsync())
        {
            Assert.NotNull(first);
            Assert.False(await IsDueAsync(isNewRoom: false));
            _limit.RecordResponse(Node);
        }

        using var second = await TakeTurnAsync();
        using var third = await TakeTurnAsync();
        Assert.NotNull(second);
        Assert.NotNull(third);
    }

    [Fact]
    public async Task TryTakeTurn_CallHasEndedWithoutAResponse_LetsTheNextOneThroughAfterThePause()
    {
        TimeOut(calls: 1);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        using (await TakeTurnAsync())
        {
            TimeOut(calls: 1);
        }

        await ExpectPauseAsync(1000, isNewRoom: false);
    }

    [Fact]
    public async Task TryTakeTurn_AnotherProcess_EndsThePause()
    {
        TimeOut(calls: 1);

        using var turn = await _limit.TryTakeTurnAsync(Node, "restarted", isNewRoom: false, default);

        Assert.NotNull(turn);
    }

    [Fact]
    public async Task TryTakeTurn_AnotherNode_HasNoPause()
    {
        TimeOut(calls: 1);

        using var turn = await _limit.TryTakeTurnAsync(new NamespacedName("meet-a", "n2"), "p", isNewRoom: false, default);

        Assert.NotNull(turn);
    }

    /// <summary>Calls begin now and time out together.</summary>
    private void TimeOut(int calls)
    {
        var began = _time.GetTimestamp();
        _time.Advance(Timeout);
        for (var call = 0; call < calls; call++)
        {
            _limit.RecordSilence(Node, "p", began);
        }
    }

    private async Task ExpectPauseAsync(int milliseconds, bool isNewRoom)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.False(await IsDueAsync(isNewRoom));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await IsDueAsync(isNewRoom));
    }

    private async Task<bool> IsDueAsync(bool isNewRoom)
    {
        using var turn = await TakeTurnAsync(isNewRoom);
        return turn is not null;
    }

    private Task<IDisposable?> TakeTurnAsync(bool isNewRoom = false) => _limit.TryTakeTurnAsync(Node, "p", isNewRoom, default);
}
