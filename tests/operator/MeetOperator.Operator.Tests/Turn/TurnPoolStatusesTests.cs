using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class TurnPoolStatusesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TurnPool Pool = new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a", Uid = "1", Generation = 3 }, Spec = new TurnPoolSpec { Replicas = 2 } };
    private static readonly TurnRecord Record = new() { Keys = [new TurnKey(4, "s", Now)], KeyVersion = 4 };

    private static Relay Relay(string name) => new() { Name = name, IsCurrent = true, IsReady = true, HasAnswered = true, Allocations = 2, Urls = [$"turn:{name}:3478"] };

    private static TurnPoolStatus Build(params Relay[] relays) => TurnPoolStatuses.Build(Pool, relays, Record, 5, null, Now);

    [Fact]
    public void Build_AllWork_IsReady()
    {
        var status = Build(Relay("a"), Relay("b"));
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Null(Conditions.Get(status.Conditions, MeetConditions.Reconciling));
        Assert.Equal((2, 2, 0, 4, 5, 4), (status.Replicas, status.ReadyReplicas, status.DrainingReplicas, status.Allocations, status.Peers, status.KeyVersion));
        Assert.Equal(Now.AddHours(24), status.NextRotation);
        Assert.Equal(["turn:a:3478", "turn:b:3478"], status.Endpoints);
    }

    [Fact]
    public void Build_OneDoesNotWork_SaysWhy()
    {
        var status = Build(Relay("a"), Relay("b") with { IsReady = false, Problem = "coturn does not respond" });
        Assert.False(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Equal("1 of 2 relays take participants; b: coturn does not respond", status.Message);
        Assert.NotNull(Conditions.Get(status.Conditions, MeetConditions.Reconciling));
    }

    [Fact]
    public void Build_OneDrains_IsReadyAndReconciling()
    {
        var status = Build(Relay("a"), Relay("b"), Relay("c") with { DrainSince = Now });
        Assert.True(Conditions.IsTrue(status.Conditions, MeetConditions.Ready));
        Assert.Equal("RelaysReplaced", Conditions.Get(status.Conditions, MeetConditions.Reconciling)?.Reason);
        Assert.Equal((2, 1, 6), (status.Replicas, status.DrainingReplicas, status.Allocations));
        Assert.DoesNotContain("turn:c:3478", status.Endpoints);
    }

    [Fact]
    public void Build_Rejected_IsStalled()
    {
        var status = TurnPoolStatuses.Build(Pool, [], null, 0, new NodeFailure("NamespaceNotAllowed", "move the pool"), Now);
        Assert.Equal("NamespaceNotAllowed", Conditions.Get(status.Conditions, MeetConditions.Stalled)?.Reason);
        Assert.Equal(("move the pool", 0), (status.Message, status.KeyVersion));
    }
}
