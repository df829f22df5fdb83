using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.SfuNodes;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class EvictionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Succeeded", false)]
    [InlineData("Failed", false)]
    [InlineData("Running", true)]
    public void Decide_EndedOrDeletedPod_Allows(string phase, bool deleted)
    {
        var pod = Pod(phase);
        pod.Metadata.DeletionTimestamp = deleted ? DateTimeOffset.UnixEpoch : null;

        Assert.True(EvictionRules.Decide(Node(SfuNodeState.Allocated), pod, null, Now).Allowed);
    }

    /// <summary>An eviction may end what nobody reaches. While the kubelet finds the Pod ready, participants may be connected.</summary>
    [Theory]
    [InlineData(SfuNodeState.Unhealthy, "False", true)]
    [InlineData(SfuNodeState.Unhealthy, "Unknown", true)]
    [InlineData(SfuNodeState.Unhealthy, "True", false)]
    [InlineData(SfuNodeState.Allocated, "False", false)]
    [InlineData(SfuNodeState.Starting, "False", false)]
    public void Decide_NodeThatDoesNotAnswer_AllowsIfPodIsNotReady(SfuNodeState state, string ready, bool allowed) =>
        Assert.Equal(allowed, EvictionRules.Decide(Node(state), Pod("Running", ready), null, Now).Allowed);

    /// <summary>A drain that somebody requested is left as it is, also when the node is being deleted.</summary>
    [Theory]
    [InlineData(false, null, true)]
    [InlineData(true, null, true)]
    [InlineData(false, 300, false)]
    [InlineData(true, 300, false)]
    public void Decide_NodeThatServes_RefusesAndDrains(bool deleted, int? deadline, bool drains)
    {
        var node = Node(SfuNodeState.Draining);
        node.Metadata.DeletionTimestamp = deleted ? DateTimeOffset.UnixEpoch : null;
        node.Spec = node.Spec with { Drain = deadline is null ? null : new SfuNodeDrain { DeadlineSeconds = deadline } };

        var decision = EvictionRules.Decide(node, Pod("Running"), null, Now);

        Assert.Equal((false, drains), (decision.Allowed, decision.ShouldDrain));
    }

    [Theory]
    [InlineData(null, "it waits until 12:10:00 UTC for 2 meetings with 5 participants to end, then they move (drain.policy of its pool, or drain.deadlineSeconds of the SfuNode)")]
    [InlineData(30, "it waits until 12:00:30 UTC for 2 meetings with 5 participants to end, then they move (drain.policy of its pool, or drain.deadlineSeconds of the SfuNode)")]
    [InlineData(0, "2 meetings with 5 participants have to move first")]
    public void Describe_DrainThatWaits_SaysUntilWhen(int? deadline, string progress)
    {
        var node = Node(SfuNodeState.Draining);
        node.Spec = node.Spec with { Drain = new SfuNodeDrain { DeadlineSeconds = deadline } };
        node.Status = node.Status! with { Meetings = 2, Participants = 5, DrainRequestedAt = Now };
        var pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { Policy = DrainPolicy.Wait } } };

        Assert.Equal($"media node p-1 is being drained: {progress}; retry until its Pod is gone", EvictionRules.Describe(node, pool, Now));
        Assert.DoesNotContain("waits", EvictionRules.Describe(node, pool, Now.AddSeconds(600)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0, "it has no meetings and is removed in a moment")]
    [InlineData(1, 1, "1 meeting with 1 participant has to move first")]
    [InlineData(2, 30, "2 meetings with 30 participants have to move first")]
    public void Describe_Load_SaysWhatIsLeft(int meetings, int participants, string progress)
    {
        var node = Node(SfuNodeState.Draining);
        node.Status = node.Status! with { Meetings = meetings, Participants = participants };

        Assert.Equal($"media node p-1 is being drained: {progress}; retry until its Pod is gone", EvictionRules.Describe(node, null, Now));
    }

    private static SfuNode Node(SfuNodeState state) => new() { Metadata = new ObjectMeta { Name = "p-1", Namespace = "meet-a" }, Status = new SfuNodeStatus { State = state } };

    private static Pod Pod(string phase, string ready = "True") => new()
    {
        Metadata = new ObjectMeta { Name = "p-1", Namespace = "meet-a" },
        Status = new PodStatus { Phase = phase, Conditions = [new PodCondition { Type = "Ready", Status = ready }] },
    };
}
