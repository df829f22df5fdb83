using System.Text.Json;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class NodeLossRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly ClusterNode Well = new("m1", IsMissing: false, IsReady: true, IsCordoned: false);

    public static TheoryData<string> Alive => [nameof(OnlyUnresponsive), nameof(HasInvalidReport), nameof(Untrusted), nameof(Draining), nameof(DrainingUnderNextLeader), nameof(MissedOneProbe), nameof(SidecarFails), nameof(ReadinessGateFails)];

    public static TheoryData<string> Dead => [nameof(ProbeFails), nameof(ProcessStopped), nameof(ClusterNodeNotReady), nameof(ClusterNodeDeleted), nameof(ClusterNodeUnreachable), nameof(MachineSilent), nameof(MachineLost), nameof(PodDeleted), nameof(Restarted), nameof(StartedAfterLastReport), nameof(Overdue), nameof(WithoutCertificate)];

    [Theory]
    [MemberData(nameof(Alive))]
    public void IsDead_MissedPollsOnly_ReturnsFalse(string what) => Assert.False(IsDead(what));

    [Theory]
    [MemberData(nameof(Dead))]
    public void IsDead_OtherEvidence_ReturnsTrue(string what) => Assert.True(IsDead(what));

    [Theory]
    [MemberData(nameof(Alive))]
    public void IsUnreachable_MissedPollsOnly_ReturnsTrue(string what) => Assert.True(IsUnreachable(what));

    [Theory]
    [MemberData(nameof(Dead))]
    public void IsUnreachable_OtherEvidence_ReturnsFalse(string what) => Assert.False(IsUnreachable(what));

    /// <summary>It would have to leave its cluster node in any case.</summary>
    [Fact]
    public void IsUnreachable_ClusterNodeCordoned_ReturnsFalse() => Assert.False(IsUnreachable(facts => facts with { ClusterNode = Well with { IsCordoned = true } }));

    [Fact]
    public void IsUnreachable_Answering_ReturnsFalse() => Assert.False(IsUnreachable(facts => facts with { MissedPolls = 0 }));

    [Theory]
    [InlineData(DrainPolicy.Migrate, 0, 600)]
    [InlineData(DrainPolicy.Migrate, 600, 600)]
    [InlineData(DrainPolicy.Migrate, 1800, 1800)]
    [InlineData(DrainPolicy.Wait, 86400, 86400)]
    [InlineData(DrainPolicy.WaitThenMigrate, 86400, 600)]
    public void IsAwaited_Policy_SaysForHowLong(DrainPolicy policy, int deadline, int seconds)
    {
        var facts = Facts(OnlyUnresponsive) with { Pool = new SfuPool { Spec = new SfuPoolSpec { Drain = new SfuDrain { Policy = policy, SoftSeconds = 60, DeadlineSeconds = deadline } } } };

        Assert.True(NodeLossRules.IsAwaited(facts, TimeSpan.FromSeconds(seconds - 1)));
        Assert.False(NodeLossRules.IsAwaited(facts, TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public void IsLost_UnhealthyForTwentySeconds_ReturnsTrue()
    {
        var silent = Facts(OnlyUnresponsive);
        var decision = NodeStateRules.Derive(silent);

        Assert.False(NodeLossRules.IsLost(silent, decision, TimeSpan.FromSeconds(19), Now));
        Assert.True(NodeLossRules.IsLost(silent, decision, TimeSpan.FromSeconds(20), Now));
    }

    /// <summary>Otherwise its pool would create one untrusted node after another.</summary>
    [Fact]
    public void IsLost_CredentialsNeverAccepted_ReturnsFalse()
    {
        var untrusted = Facts(Untrusted) with { ClusterNode = Well, LastSeen = null, Meetings = 0, Node = new SfuNode { Status = new SfuNodeStatus { State = SfuNodeState.Unhealthy } } };
        var decision = NodeStateRules.Derive(untrusted);

        Assert.Equal(NodeStateRules.Untrusted, decision.Reason);
        Assert.False(NodeLossRules.IsLost(untrusted, decision, TimeSpan.FromHours(1), Now));
        Assert.True(NodeLossRules.IsLost(untrusted with { ClusterNode = Well with { IsReady = false } }, decision, TimeSpan.Zero, Now));
    }

    private static bool IsDead(string what)
    {
        var (facts, decision) = Of(what);
        return NodeLossRules.IsDead(facts, decision, Now);
    }

    private static bool IsUnreachable(string what)
    {
        var (facts, decision) = Of(what);
        return NodeLossRules.IsUnreachable(facts, decision, Now);
    }

    private static bool IsUnreachable(Func<NodeFacts, NodeFacts> change)
    {
        var facts = Facts(change);
        return NodeLossRules.IsUnreachable(facts, NodeStateRules.Derive(facts), Now);
    }

    private static (NodeFacts Facts, NodeStateDecision Decision) Of(string what)
    {
        var facts = Facts(what switch
        {
            nameof(OnlyUnresponsive) => OnlyUnresponsive,
            nameof(HasInvalidReport) => HasInvalidReport,
            nameof(Untrusted) => Untrusted,
            nameof(Draining) => Draining,
            nameof(DrainingUnderNextLeader) => DrainingUnderNextLeader,
            nameof(MissedOneProbe) => MissedOneProbe,
            nameof(SidecarFails) => SidecarFails,
            nameof(ReadinessGateFails) => ReadinessGateFails,
            nameof(ClusterNodeUnreachable) => ClusterNodeUnreachable,
            nameof(ProcessStopped) => ProcessStopped,
            nameof(ProbeFails) => ProbeFails,
            nameof(ClusterNodeNotReady) => ClusterNodeNotReady,
            nameof(ClusterNodeDeleted) => ClusterNodeDeleted,
            nameof(MachineSilent) => MachineSilent,
            nameof(MachineLost) => MachineLost,
            nameof(PodDeleted) => PodDeleted,
            nameof(Restarted) => Restarted,
            nameof(StartedAfterLastReport) => StartedAfterLastReport,
            nameof(Overdue) => Overdue,
            _ => WithoutCertificate,
        });
        var decision = NodeStateRules.Derive(facts);
        Assert.Equal(SfuNodeState.Unhealthy, decision.State);
        return (facts, decision);
    }

    private static NodeFacts OnlyUnresponsive(NodeFacts facts) => facts;

    /// <summary>The response is newer than the kubelet's state.</summary>
    private static NodeFacts HasInvalidReport(NodeFacts facts) => ClusterNodeNotReady(ProbeFails(facts)) with { HasInvalidReport = true };

    private static NodeFacts Untrusted(NodeFacts facts) => ClusterNodeNotReady(facts) with { IsUntrusted = true };

    /// <summary>A draining node reports itself as not ready.</summary>
    private static NodeFacts Draining(NodeFacts facts) => ProbeFails(facts) with { ReportsDraining = true };

    private static NodeFacts DrainingUnderNextLeader(NodeFacts facts)
    {
        var node = new SfuNode { Spec = new SfuNodeSpec { Drain = new SfuNodeDrain() }, Status = facts.Node.Status };
        return ProbeFails(facts) with { Node = node, LastSeen = null };
    }

    /// <summary>The cluster node was overloaded for a second or two.</summary>
    private static NodeFacts MissedOneProbe(NodeFacts facts) => facts with { NotReadyFor = TimeSpan.FromSeconds(2) };

    /// <summary>The Pod is not ready because of its sidecar.</summary>
    private static NodeFacts SidecarFails(NodeFacts facts)
    {
        var pod = Pod();
        pod.Status!.Conditions = [new PodCondition { Type = "Ready", Status = "False" }, new PodCondition { Type = "ContainersReady", Status = "False" }];
        pod.Status.ContainerStatuses!.Add(new ContainerStatus { Name = "sidecar", RestartCount = 9, State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = "CrashLoopBackOff" } } });
        return facts with { Pod = pod };
    }

    /// <summary>The state that the node lifecycle controller writes for an unreachable kubelet. Cluster nodes cannot be read here.</summary>
    private static NodeFacts ClusterNodeUnreachable(NodeFacts facts)
    {
        var pod = Pod();
        pod.Status!.Conditions = [new PodCondition { Type = "Ready", Status = "False" }, new PodCondition { Type = "ContainersReady", Status = "True" }];
        return facts with { Pod = pod, ClusterNode = null };
    }

    /// <summary>The Pod is not ready because of a readiness gate.</summary>
    private static NodeFacts ReadinessGateFails(NodeFacts facts)
    {
        var given = ClusterNodeUnreachable(facts);
        given.Pod!.Spec!.UnknownFields = new Dictionary<string, JsonElement> { ["readinessGates"] = JsonElement.Parse("""[{"conditionType": "target-health"}]""") };
        return given;
    }

    private static NodeFacts ProbeFails(NodeFacts facts) => facts with { NotReadyFor = NodeLossRules.MinProbeFailureTime };

    private static NodeFacts ProcessStopped(NodeFacts facts)
    {
        var pod = Pod();
        pod.Status!.ContainerStatuses![0].State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = 137, Reason = "OOMKilled" } };
        return facts with { Pod = pod, MissedPolls = 0 };
    }

    private static NodeFacts ClusterNodeNotReady(NodeFacts facts) => facts with { ClusterNode = Well with { IsReady = false } };

    private static NodeFacts ClusterNodeDeleted(NodeFacts facts) => facts with { ClusterNode = ClusterNode.Missing("m1") };

    private static NodeFacts MachineSilent(NodeFacts facts) => facts with { IsMachineSilent = true };

    private static NodeFacts MachineLost(NodeFacts facts)
    {
        facts.Pod!.Spec.NodeName = "m1";
        return facts with { IsMachineLost = true };
    }

    private static NodeFacts PodDeleted(NodeFacts facts) => facts with { Pod = null };

    private static NodeFacts Restarted(NodeFacts facts) => facts with { HasRestarted = true, LastSeen = null, IsUntrusted = true };

    private static NodeFacts StartedAfterLastReport(NodeFacts facts) => facts with { LastSeen = null, Pod = Pod(started: Now) };

    private static NodeFacts Overdue(NodeFacts facts)
    {
        var pod = Pod();
        pod.Metadata.DeletionTimestamp = Now - TimeSpan.FromSeconds(11);
        return facts with { Pod = pod };
    }

    /// <summary>No component of this version can call such a node, including signaling.</summary>
    private static NodeFacts WithoutCertificate(NodeFacts facts) => facts with { Pod = Pod(certificate: false) };

    private static NodeFacts Facts(Func<NodeFacts, NodeFacts> change) => change(new NodeFacts
    {
        Node = new SfuNode { Status = new SfuNodeStatus { State = SfuNodeState.Allocated, LastSeen = Now - TimeSpan.FromMinutes(10) } },
        Pod = Pod(started: Now - TimeSpan.FromHours(1)),
        ClusterNode = Well,
        LastSeen = Now - TimeSpan.FromMinutes(10),
        MissedPolls = 300,
        MissReason = "no answer",
        Meetings = 1,
    });

    private static Pod Pod(DateTimeOffset? started = null, bool certificate = true) => new()
    {
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Name = "media-node",
                    Env = certificate ? [new EnvVar { Name = "MEET_NODE_CERTIFICATE", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = "s", Key = "tls.crt" } } }] : [],
                },
            ],
        },
        Status = new PodStatus
        {
            Phase = "Running",
            ContainerStatuses = [new ContainerStatus { Name = "media-node", Ready = true, State = new ContainerState { Running = new ContainerStateRunning { StartedAt = started } } }],
        },
    };
}
