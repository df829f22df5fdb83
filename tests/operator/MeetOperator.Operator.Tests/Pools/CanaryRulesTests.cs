using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Tests.Pools;

public sealed class CanaryRulesTests
{
    private static readonly SfuCanary Limits = new();
    private static readonly CanaryNode Ready = new("p-a", true, null, "serves", 0, 0);
    private static readonly CallReport Good = new() { FirstFrameMs = 100 };
    private static readonly CallReport Bad = new() { Problem = "no media arrived within 8 s" };

    [Theory]
    [InlineData(1, 3, null, 1)]
    [InlineData(5, 3, null, 3)]
    [InlineData(5, 3, 2, 2)]
    [InlineData(1, 0, 1, 1)]
    public void NodesOf_Limits_AreKept(int nodes, int replicas, int? maxSurge, int expected) => Assert.Equal(expected, CanaryRules.NodesOf(Limits with { Nodes = nodes }, replicas, maxSurge));

    [Fact]
    public void Judge_AllRoundsGood_Passes()
    {
        var state = Run(119, Good);
        Assert.Null(Judge(state));

        state = CanaryRules.Observe(state, Limits, [(Ready, Good)]);

        Assert.Equal((120, 120, 0, 100), (state.Rounds, state.Calls, state.FailedCalls, state.MaxFirstFrameMs));
        Assert.True(Judge(state)!.HasPassed);
    }

    [Fact]
    public void Judge_MoreFailedCallsThanAllowed_FailsAtOnce()
    {
        var state = CanaryRules.Observe(Run(18, Good), Limits, [(Ready, Bad)]);
        Assert.Null(Judge(state)); // 1 of 120 may fail.

        state = CanaryRules.Observe(state, Limits, [(Ready, Bad)]);

        Assert.Equal((false, "2 of 20 calls failed: p-a: no media arrived within 8 s"), (Judge(state)!.HasPassed, Judge(state)!.Reason));
    }

    [Fact]
    public void Observe_LateFirstFrame_CountsAsFailure()
    {
        var state = CanaryRules.Observe(null, Limits, [(Ready, new CallReport { FirstFrameMs = 3200 })]);

        Assert.Equal((1, "p-a: the first frame came after 3200 ms, the limit is 2000 ms"), (state.FailedCalls, state.LastFailure));
        Assert.Equal(0, CanaryRules.Observe(null, Limits, [(Ready, new CallReport { FirstFrameMs = 2000 })]).FailedCalls);
    }

    [Fact]
    public void Judge_ParticipantsCannotConnect_Fails()
    {
        Assert.Null(Judge(Joined(1, 1)));
        Assert.Equal("2 of 2 connections of participants failed", Judge(Joined(2, 2))!.Reason);
        Assert.Null(Judge(Joined(1000, 10)));
        Assert.False(Judge(Joined(1000, 11))!.HasPassed);
    }

    [Fact]
    public void Judge_AsManyFailOnOtherNodes_GoesOn()
    {
        var state = Joined(1000, 60);

        Assert.Null(CanaryRules.Judge(Limits, state, [Ready], (2000, 100)));
        Assert.Equal(
            "60 of 1000 connections of participants failed; on the media nodes with the former template 90 of 2000",
            CanaryRules.Judge(Limits, state, [Ready], (2000, 90))!.Reason);
        Assert.NotNull(CanaryRules.Judge(Limits, state, [Ready], (2, 1))); // Too few to compare with.
    }

    [Fact]
    public void Observe_NodeRestartsAndCountsAgain_KeepsWhatFailed()
    {
        var state = CanaryRules.Observe(Joined(300, 9), Limits, [(Ready with { Joins = 1, FailedJoins = 0 }, Good)]);

        Assert.Equal((300, 9), (state.Joins, state.FailedJoins));
    }

    [Fact]
    public void Observe_CountsBeyondInt_AreLimited()
    {
        var node = Ready with { Joins = 1_000_000_000_000, FailedJoins = 1_000_000_000_000 };

        Assert.Equal(int.MaxValue, CanaryRules.Observe(null, Limits, [(node, Good), (node with { Name = "p-b" }, Good)]).FailedJoins);
    }

    [Fact]
    public void Observe_NegativeFirstFrame_CountsAsFailure() =>
        Assert.Equal(1, CanaryRules.Observe(null, Limits, [(Ready, new CallReport { FirstFrameMs = -1 })]).FailedCalls);

    [Fact]
    public void Judge_NodeFails_FailsWithItsState() =>
        Assert.Equal("media node p-a failed: the process has stopped", CanaryRules.Judge(Limits, new SfuCanaryStatus(), [Ready with { IsReady = false, Failure = "the process has stopped" }], (0, 0))!.Reason);

    [Fact]
    public void Judge_NodeNeverReady_FailsAfterTenMinutes()
    {
        var starting = Ready with { IsReady = false, Message = "the image cannot be pulled" };
        var state = new SfuCanaryStatus();
        for (var round = 0; round < 119; round++)
        {
            state = CanaryRules.Observe(state, Limits, [(starting, null)]);
        }

        Assert.Null(CanaryRules.Judge(Limits, state, [starting], (0, 0)));
        state = CanaryRules.Observe(state, Limits, [(starting, null)]);
        Assert.Equal("media node p-a did not become ready within 10 minutes: the image cannot be pulled", CanaryRules.Judge(Limits, state, [starting], (0, 0))!.Reason);
    }

    [Theory]
    [InlineData(null, false, "it has not reported yet")]
    [InlineData(NodeState.Starting, false, "it is still warming up")]
    [InlineData(NodeState.Ready, true, "serves")]
    public void Describe_NodeThatWasReady_IsReadyOnceItReportsSo(NodeState? reported, bool isReady, string message)
    {
        var report = reported is { } state ? new NodeReport { Node = "p-a", Version = "1", InstanceId = "i", State = state, StartedAt = DateTimeOffset.UnixEpoch, Rooms = [] } : null;
        var view = new NodeView { Decision = new NodeStateDecision(SfuNodeState.Ready, "Serving", "serves"), Meetings = 0, Report = report };

        var node = PoolCanaries.Describe((new PoolNode { Name = "p-a", IsCurrent = true, State = SfuNodeState.Ready }, view));

        Assert.Equal((isReady, message), (node.IsReady, node.Message));
    }

    [Fact]
    public void Observe_NoNodeYet_Waits() => Assert.Equal(0, CanaryRules.Observe(null, Limits, []).WaitingRounds);

    [Fact]
    public void Judge_NodeWithoutTestCalls_PassesByReadiness()
    {
        var state = new SfuCanaryStatus();
        for (var round = 0; round < 120; round++)
        {
            state = CanaryRules.Observe(state, Limits, [(Ready, null)]);
        }

        Assert.Equal((0, true), (state.Calls, Judge(state)!.HasPassed));
    }

    private static CanaryVerdict? Judge(SfuCanaryStatus state) => CanaryRules.Judge(Limits, state, [Ready], (0, 0));

    private static SfuCanaryStatus Joined(long joins, long failed) => CanaryRules.Observe(null, Limits, [(Ready with { Joins = joins, FailedJoins = failed }, Good)]);

    private static SfuCanaryStatus Run(int rounds, CallReport call)
    {
        var state = new SfuCanaryStatus();
        for (var round = 0; round < rounds; round++)
        {
            state = CanaryRules.Observe(state, Limits, [(Ready, call)]);
        }

        return state;
    }
}
