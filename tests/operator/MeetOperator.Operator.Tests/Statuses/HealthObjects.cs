using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;
using MeetOperator.Operator.Kinds.TurnPools;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Tests.Statuses;

/// <summary>One object per reported state, built by the operator's own status builders.</summary>
internal static class HealthObjects
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 9, 30, 0, TimeSpan.Zero);
    private static readonly TurnRecord Record = new() { Keys = [new TurnKey(1, "secret", Now)], KeyVersion = 1 };
    private static readonly NamespacedName Node = new("meet-acme", "main-abcde");

    public static IReadOnlyDictionary<string, Func<KubernetesObject>> All { get; } = new Dictionary<string, Func<KubernetesObject>>
    {
        ["meeting/waits-for-capacity"] = () => Meeting(context => MeetingStatuses.SetUnplaced(context, "NoCapacity", "no media node has capacity", [], [])),
        ["meeting/waits-for-quota"] = () => Meeting(context => context.MarkNotReady(MeetingPhase.Pending, "QuotaExceeded", "tenant acme has reached its quota of 2 concurrent meetings: end one, or raise the tenant's quotas.concurrentMeetings")),
        ["meeting/rejected"] = () => Meeting(context => context.MarkNotReady(MeetingPhase.Failed, "TenantMismatch", "tenant acme does not own namespace other: create the meeting in namespace meet-acme", stalled: true)),
        ["meeting/ready"] = () => Meeting(context => MeetingStatuses.SetAssigned(context, Assigned(0), [], [])),
        ["meeting/has-participants"] = () => Meeting(context => MeetingStatuses.SetAssigned(context, Assigned(7), [], [])),
        ["meeting/accepted-after-rejection"] = () => Meeting(context =>
        {
            context.MarkNotReady(MeetingPhase.Failed, "Invalid", "spec.mode", stalled: true);
            MeetingStatuses.SetAssigned(context, Assigned(0), [], []);
        }),
        ["meeting/migrating"] = () => Meeting(context =>
        {
            MeetingStatuses.SetAssigned(context, Assigned(7), [], []);
            MeetingStatuses.SetUnplaced(context, "NoCapacity", "no media node has capacity", [], []);
        }),
        ["meeting/ended"] = () => Meeting(context =>
        {
            MeetingStatuses.SetAssigned(context, Assigned(7), [], []);
            MeetingStatuses.SetEnded(context, EndRules.Empty, "ended: the meeting was empty for 300 s (lifecycle.emptyTimeoutSeconds)");
        }),
        ["meeting/generation-not-observed"] = () => Changed(Meeting(context => MeetingStatuses.SetAssigned(context, Assigned(7), [], []))),
        ["meeting/being-deleted"] = () => Deleted(Meeting(context => MeetingStatuses.SetAssigned(context, Assigned(7), [], []))),

        ["sfupool/ready"] = () => Pool(2, null, SfuNodeState.Ready, SfuNodeState.Allocated),
        ["sfupool/created"] = () => Pool(2, null),
        ["sfupool/one-node-starting"] = () => Pool(2, null, SfuNodeState.Ready, SfuNodeState.Starting),
        ["sfupool/one-node-unhealthy"] = () => Pool(2, null, SfuNodeState.Ready, SfuNodeState.Unhealthy),
        ["sfupool/scaled-to-zero"] = () => Pool(0, null),
        ["sfupool/no-free-ports"] = () => Pool(2, new NodeFailure("PortsExhausted", "no cluster node that may run the pool's Pods has enough free UDP ports in 42000-42000 (1 required): widen spec.exposure.portRange, or lower spec.replicas or spec.exposure.udpPorts"), SfuNodeState.Ready),
        ["sfupool/waits-for-meetings"] = () => Pool(1, null, new SfuRollout(), Serving("main-0") with { IsCurrent = false, Assigned = 2, Users = 7 }, Serving("main-1")),
        ["sfupool/rollout-paused"] = () => Pool(1, null, new SfuRollout { Paused = true }, Serving("main-0") with { IsCurrent = false, IsEmpty = true }),
        ["sfupool/replacing-nodes"] = () => Pool(1, null, new SfuRollout(), Serving("main-0") with { IsCurrent = false, IsEmpty = true }, Serving("main-1") with { State = SfuNodeState.Starting }),
        ["sfupool/template-is-tried"] = () => TriedPool(new SfuRolloutStatus { Revision = "b", Image = "media-node:2", Phase = RolloutPhase.Canary, StartedAt = Now, Canary = new SfuCanaryStatus { Nodes = ["main-1"], Rounds = 7, Calls = 7 } }),
        ["sfupool/rolled-back"] = () => TriedPool(new SfuRolloutStatus
        {
            Revision = "b", Image = "media-node:2", Phase = RolloutPhase.RolledBack, StartedAt = Now, Stable = new SfuStableTemplate { Revision = "a", Image = "media-node:1", Fields = "{}" },
            History = [new SfuRolloutRecord { Revision = "b", Image = "media-node:2", StartedAt = Now, FinishedAt = Now, Result = RolloutResult.RolledBack, Reason = "3 of 20 calls failed: no media arrived within 8 s" }],
        }),
        ["sfupool/generation-not-observed"] = () => Changed(Pool(1, null, SfuNodeState.Ready)),
        ["sfupool/being-deleted"] = () => Deleted(Pool(1, null, SfuNodeState.Ready)),

        ["turnpool/ready"] = () => Relays(2, null, Working("edge-0"), Working("edge-1")),
        ["turnpool/created"] = () => Relays(2, null),
        ["turnpool/one-relay-starting"] = () => Relays(2, null, Working("edge-0"), Working("edge-1") with { IsReady = false, Problem = "it is being created" }),
        ["turnpool/scaled-to-zero"] = () => Relays(0, null),
        ["turnpool/replacing-relays"] = () => Relays(1, null, Working("edge-0") with { IsCurrent = false, DrainSince = Now }, Working("edge-1")),
        ["turnpool/ports-taken"] = () => Relays(2, null, Working("edge-0"), Working("edge-1") with { IsReady = false, Failure = new NodeFailure("PortsTaken", "port 3478 is in use on every cluster node that could run the relay, and each relay needs a cluster node of its own: lower spec.replicas of TurnPool edge, add cluster nodes, or change the port in spec.listeners (0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.)") }),
        ["turnpool/pod-refused"] = () => Relays(1, new NodeFailure("QuotaExceeded", "the ResourceQuota of namespace meet-acme does not allow another relay: raise it, or lower spec.replicas or change spec.resources of TurnPool edge (exceeded quota: small)")),
        ["turnpool/rejected-and-draining"] = () => Relays(1, new NodeFailure("ExposureNotAllowed", "spec.exposure.type: HostPort is not allowed here; allowed: none (spec.pools.allowedExposures of the Tenant)"), Working("edge-0") with { DrainSince = Now }),
        ["turnpool/secret-not-written"] = () => Relays(1, new NodeFailure("SecretNotWritten", "the Secret of relays cannot be written, so participants get what was stored before: timed out") { RequiresIntervention = false }, Working("edge-0")),
        ["turnpool/secret-lost"] = () => Relays(1, null, SecretLoss.Describe(new NamespacedName("meet-system", "meet-turn"), Record, new TurnAuth()), [Working("edge-0")]),
        ["turnpool/full"] = () => Relays(1, null, Working("edge-0") with { Allocations = 4000, IsFull = true }),
        ["turnpool/clock-skewed"] = () => Relays(1, null, Working("edge-0") with { ClockAhead = TimeSpan.FromSeconds(-48) }),
        ["turnpool/certificate-expired"] = () => WithCertificate(Now.AddHours(-1)),
        ["turnpool/generation-not-observed"] = () => Changed(Relays(1, null, Working("edge-0"))),
        ["turnpool/being-deleted"] = () => Deleted(Relays(1, null, Working("edge-0"))),

        ["sfunode/starting"] = () => MediaNode(SfuNodeState.Starting, "Starting", "the Pod is starting"),
        ["sfunode/ready"] = () => MediaNode(SfuNodeState.Ready, "Serving", "the media node accepts new meetings"),
        ["sfunode/allocated"] = () => MediaNode(SfuNodeState.Allocated, "Serving", "the media node accepts new meetings"),
        ["sfunode/draining"] = () => MediaNode(SfuNodeState.Draining, "Draining", "the media node is draining; meetings remaining: 2"),
        ["sfunode/unhealthy"] = () => MediaNode(SfuNodeState.Unhealthy, "NotAnswering", "the media node does not respond to the operator (timed out)"),
        ["sfunode/cordoned"] = () => MediaNode(SfuNodeState.Ready, "Cordoned", "the media node is cordoned: to allow new meetings, set spec.unschedulable to false", cordoned: true),
        ["sfunode/drain-blocked"] = () => MediaNode(SfuNodeState.Draining, "Draining", "the media node is draining; meetings remaining: 1", blocked: new NodeFailure("NowhereToGo", "no other media node can take meeting meet-acme/standup")),
        ["sfunode/being-deleted"] = () => Deleted(MediaNode(SfuNodeState.Draining, "Draining", "the media node is draining; meetings remaining: 2")),

        ["tenant/ready"] = () => Tenant(new Namespace { Metadata = new ObjectMeta { Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = "acme" } } }),
        ["tenant/new"] = () => Tenant(null),
        ["tenant/namespace-of-another-tenant"] = () => Tenant(new Namespace { Metadata = new ObjectMeta { Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = "other" } } }),
        ["tenant/namespace-exists"] = () => Tenant(new Namespace()),
        ["tenant/namespace-of-the-operator"] = () => Tenant(null, "meet-acme"),
        ["tenant/namespace-terminating"] = () => Tenant(new Namespace { Metadata = new ObjectMeta { DeletionTimestamp = Now } }),
        ["tenant/being-deleted"] = () => Deleted(Tenant(null)),
        ["tenant/deletion-blocked"] = () => Deleted(Tenant(null, held: new NodeFailure("MeetingsLive", "meeting meet-acme/standup has not ended: the tenant is deleted after the last one ends; new meetings are rejected"))),
    };

    private static ObjectMeta Metadata(string name, string? @namespace = "meet-acme") => new()
    {
        Name = name,
        Namespace = @namespace,
        Uid = "00000000-0000-0000-0000-00000000000a",
        Generation = 2,
    };

    private static Meeting Meeting(Action<MeetingContext> happens)
    {
        var meeting = new Meeting { Metadata = Metadata("standup"), Spec = new MeetingSpec { TenantRef = new TenantReference { Name = "acme" } } };
        var context = new MeetingContext(meeting, null, "acme", "https://meet.example", Now);
        happens(context);
        meeting.Status = context.Status;
        return meeting;
    }

    private static AssignedMeeting Assigned(int participants) => new(new MeetingRef(new NamespacedName("meet-acme", "standup"), "uid", "id"))
    {
        Generation = 1,
        Nodes = [new AssignedNode { Node = Node, State = NodeAssignmentState.Ready, Generation = 1, RoomConfirmedAt = 1, Participants = participants, HasParticipantCount = true }],
    };

    private static PoolNode Serving(string name) => new() { Name = name, State = SfuNodeState.Ready, IsCurrent = true };

    private static SfuPool Pool(int wanted, NodeFailure? problem, params SfuNodeState[] states) =>
        Pool(wanted, problem, new SfuRollout(), [.. states.Select((state, index) => Serving($"main-{index}") with { State = state })]);

    private static SfuPool TriedPool(SfuRolloutStatus state) =>
        Pool(1, null, new SfuRollout { Canary = new SfuCanary() }, state, Serving("main-0") with { IsCurrent = state.Phase == RolloutPhase.RolledBack }, Serving("main-1") with { IsCurrent = state.Phase == RolloutPhase.Canary, IsLeaving = state.Phase == RolloutPhase.RolledBack });

    private static SfuPool Pool(int wanted, NodeFailure? problem, SfuRollout rollout, params PoolNode[] made) => Pool(wanted, problem, rollout, state: null, made);

    private static SfuPool Pool(int wanted, NodeFailure? problem, SfuRollout rollout, SfuRolloutStatus? state, params PoolNode[] made)
    {
        var pool = new SfuPool
        {
            Metadata = Metadata("main"),
            Spec = new SfuPoolSpec { Replicas = wanted, Rollout = rollout, Exposure = new SfuExposure { PortRange = new PortRange { Min = 42000, Max = 42063 } } },
        };
        var nodes = made.Select(node => (node, (NodeView?)View(node.State, "Reason", $"is {node.State}"))).ToArray();
        pool.Status = PoolStatuses.Build(pool, nodes, problem, NodeSetPlan.Nothing, state, Now);
        return pool;
    }

    private static Relay Working(string name) => new() { Name = name, IsCurrent = true, IsReady = true, HasAnswered = true, Allocations = 3, Urls = [$"turn:203.0.113.{name[^1]}:3478?transport=udp"] };

    private static TurnPool Relays(int wanted, NodeFailure? problem, params Relay[] relays) => Relays(wanted, problem, null, relays);

    private static TurnPool Relays(int wanted, NodeFailure? problem, NodeFailure? lost, Relay[] relays)
    {
        var pool = new TurnPool { Metadata = Metadata("edge"), Spec = new TurnPoolSpec { Replicas = wanted } };
        pool.Status = TurnPoolStatuses.Build(pool, relays, Record, 2, problem, Now, lost: lost);
        return pool;
    }

    private static TurnPool WithCertificate(DateTimeOffset validUntil)
    {
        var pool = new TurnPool { Metadata = Metadata("edge"), Spec = new TurnPoolSpec { Replicas = 1, Listeners = [new TurnListener { Protocol = TurnProtocol.UDP }, new TurnListener { Protocol = TurnProtocol.TLS, Port = 443 }], Tls = new TurnTls { SecretName = "relay-tls" } } };
        var certificate = new TurnCertificate { Place = "meet-acme/relay-tls", ValidFrom = Now.AddDays(-90), ValidUntil = validUntil };
        pool.Status = TurnPoolStatuses.Build(pool, [Working("edge-0")], Record, 2, null, Now, certificate);
        return pool;
    }

    private static SfuNode MediaNode(SfuNodeState state, string reason, string message, bool cordoned = false, NodeFailure? blocked = null)
    {
        var node = new SfuNode { Metadata = Metadata(Node.Name), Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "main" }, UdpPorts = [42000], Unschedulable = cordoned } };
        node.Status = NodeStatuses.Build(node, null, View(state, reason, message), ["203.0.113.7"], Now, blocked);
        return node;
    }

    private static NodeView View(SfuNodeState state, string reason, string message) => new() { Decision = new NodeStateDecision(state, reason, message), Meetings = 0 };

    private static Tenant Tenant(Namespace? found, string operatorNamespace = "meet-system", NodeFailure? held = null)
    {
        var tenant = new Tenant { Metadata = Metadata("acme", null), Spec = new TenantSpec { Namespace = "meet-acme" } };
        tenant.Status = TenantStatuses.Build(tenant, NamespaceOwnership.Evaluate(tenant, found, operatorNamespace), new TenantUsage(), new ApiKeyStates(), Now, held);
        return tenant;
    }

    private static T Deleted<T>(T item)
        where T : KubernetesObject
    {
        item.Metadata.DeletionTimestamp = Now;
        return item;
    }

    private static T Changed<T>(T item)
        where T : KubernetesObject
    {
        item.Metadata.Generation++;
        return item;
    }
}
