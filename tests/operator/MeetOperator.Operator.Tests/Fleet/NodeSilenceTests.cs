using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>For how long a node has not answered, when the leader has changed meanwhile. The pool gives it up after ten minutes.</summary>
public sealed class NodeSilenceTests : FleetStage
{
    [Fact]
    public void View_NodeWasSilentUnderTheFormerLeader_IncludesThatTime()
    {
        var target = Observe(Silent(since: TimeSpan.FromMinutes(9)));
        Miss(target, polls: 3);
        Assert.True(View is { IsUnreachable: true, IsAwaited: true });

        Time.Advance(TimeSpan.FromSeconds(61));

        Assert.True(View is { IsLost: true, IsUnreachable: true, IsAwaited: false });
    }

    /// <summary>The new leader may reach what its predecessor did not, so the pool does nothing before.</summary>
    [Fact]
    public void View_NodeWasSilentForAnHour_IsLostAfterTwentySeconds()
    {
        var target = Observe(Silent(since: TimeSpan.FromHours(1)));
        Miss(target, polls: 3);
        Time.Advance(TimeSpan.FromSeconds(19));
        Assert.True(View is { IsLost: false, IsUnreachable: true });

        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(View is { IsLost: true, IsUnreachable: true, IsAwaited: false });
    }

    /// <summary>Its status is not written only because time passes, so the time of the last report in it may be old.</summary>
    [Fact]
    public void View_NodeServedUnderTheFormerLeader_CountsFromNow()
    {
        var target = Observe(new SfuNodeStatus { State = SfuNodeState.Allocated, LastSeen = Ago(TimeSpan.FromHours(5)), Conditions = [Ready(ConditionStatus.True, "Serving", TimeSpan.FromHours(9))] });
        Miss(target, polls: 3);
        Time.Advance(TimeSpan.FromSeconds(599));
        Assert.True(View is { IsUnreachable: true, IsAwaited: true });

        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(View.IsAwaited);
    }

    [Fact]
    public void View_NodeHasAnsweredSince_CountsFromNow()
    {
        var stored = Silent(since: TimeSpan.FromHours(1));
        var target = Observe(stored);
        Report(target);
        Observe(stored); // The new status is not written yet.
        Miss(target, polls: 3);

        Time.Advance(TimeSpan.FromSeconds(599));

        Assert.True(View is { IsUnreachable: true, IsAwaited: true });
    }

    /// <summary>A cordoned node was not ready before, so the condition is older than the silence.</summary>
    [Fact]
    public void View_NodeWasCordonedBefore_CountsFromItsLastReport()
    {
        var target = Observe(Silent(since: TimeSpan.FromMinutes(9)) with { Conditions = [Ready(ConditionStatus.False, NodeStateRules.NotAnswering, TimeSpan.FromDays(1))] });
        Miss(target, polls: 3);
        Time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(View.IsAwaited);

        Time.Advance(TimeSpan.FromSeconds(31));

        Assert.False(View.IsAwaited);
    }

    private NodeView View => Fleet.View(Key("n1"))!;

    private DateTimeOffset Ago(TimeSpan time) => Time.GetUtcNow() - time;

    /// <summary>The status of a node that has not answered for this long.</summary>
    private SfuNodeStatus Silent(TimeSpan since) => new() { State = SfuNodeState.Unhealthy, LastSeen = Ago(since), Conditions = [Ready(ConditionStatus.False, NodeStateRules.NotAnswering, since)] };

    private Condition Ready(ConditionStatus status, string reason, TimeSpan since) => new() { Type = MeetConditions.Ready, Status = status, Reason = reason, LastTransitionTime = Ago(since) };

    /// <summary>Observes n1 with this stored status.</summary>
    private PollTarget Observe(SfuNodeStatus stored)
    {
        var target = new PollTarget(Key("n1"), "pod-n1", new Uri("http://127.0.0.1:1/"), "token");
        var node = new SfuNode { Metadata = new ObjectMeta { Name = "n1", Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } }, Status = stored };
        Fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec() }, new Pod { Metadata = new ObjectMeta { Uid = "pod-n1" }, Status = new PodStatus { Phase = "Running" } }, false, target);
        return target;
    }
}
