using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class RelayEvictionsTests
{
    private static readonly TurnPool Pool = new() { Spec = new TurnPoolSpec { Drain = new TurnDrain { DeadlineSeconds = 77 } } };

    private static Pod Relay(string phase = "Running", string ready = "True") => new()
    {
        Metadata = new ObjectMeta { Name = "edge-a", Namespace = "meet-a", Uid = "1" },
        Status = new PodStatus { Phase = phase, Conditions = [new PodCondition { Type = "Ready", Status = ready }] },
    };

    [Fact]
    public void Decide_RelayThatRuns_IsRefusedAndDrained()
    {
        var decision = RelayEvictions.Decide(Relay(), Pool);
        Assert.Equal((false, true), (decision.Allowed, decision.ShouldDrain));
        Assert.Contains("at the latest after 77 s (drain.deadlineSeconds of its TurnPool)", decision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_RelayThatDrains_IsRefusedWithoutAnotherDrain()
    {
        var relay = Relay();
        relay.Metadata.Annotations = new Dictionary<string, string> { [MeetAnnotations.DrainSince] = "2026-01-01T00:00:00Z" };
        var decision = RelayEvictions.Decide(relay, Pool);
        Assert.Equal((false, false), (decision.Allowed, decision.ShouldDrain));
    }

    [Fact]
    public void Decide_RelayThatServesNobody_IsAllowed()
    {
        var deleted = Relay();
        deleted.Metadata.DeletionTimestamp = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.All([null, deleted, Relay("Pending"), Relay("Failed"), Relay(ready: "Unknown")], relay => Assert.True(RelayEvictions.Decide(relay, Pool).Allowed));
    }
}
