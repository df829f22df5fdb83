using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Says in the status when tenant and pools leave participants no way to any media node of the meeting, and when a media node does not enforce the settings yet. The meeting stays: settings,
/// relays and media nodes may change at any time.
/// </summary>
internal sealed class ReachStep(ClusterView cluster, MediaFleet fleet, PoolRights rights, MeetingEvents events) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context is not { Rejection: null, Tenant: { } tenant } || context.Meeting.Spec.Mode == MeetingMode.P2P)
        {
            return ValueTask.FromResult(StepResult.Continue);
        }

        var used = (fleet.Current(context.Ref)?.Nodes ?? []).Where(static node => node is { RoomExists: true, Role: not AssignmentRole.Standby }).ToArray();
        if (FindProblem(context, tenant.Spec.Connectivity.Rule, used.Where(static node => node.State == NodeAssignmentState.Ready)) is { } problem)
        {
            context.MarkNotReady(context.Status.Phase!.Value, problem.Reason, problem.Message, stalled: true);
            events.RecordNotReady(context, problem.Reason, problem.Message);
        }
        else if (used.FirstOrDefault(node => node.Connectivity != RoomSettings.Of(context, node, fleet.View(node.Node)).Connectivity) is { } lacking)
        {
            MeetingStatuses.SetNotEnforced(context, $"{lacking.Node.Name} does not enforce the connectivity settings of the tenant and its pool yet; a media node of an earlier version never does, so replace it");
            events.RecordNotEnforced(context);
        }

        context.KeepTransitionTimes();
        return ValueTask.FromResult(StepResult.Continue);
    }

    /// <summary>The problem of the first node, if no node is without one.</summary>
    private (string Reason, string Message)? FindProblem(MeetingContext context, ConnectivityRule ofTenant, IEnumerable<AssignedNode> nodes)
    {
        (string Reason, string Message)? first = null;
        bool? hasRelay = null;
        foreach (var node in nodes)
        {
            var ofPool = PoolOf(node.Node) is { } pool ? (Name: pool.Metadata.NamespacedName.ToString(), pool.Spec.Connectivity.Rule) : (Name: string.Empty, Rule: ConnectivityRule.Unlimited);
            if (!ofTenant.And(ofPool.Rule).ForceRelay
                || ReachRules.Find(context.Meeting.Spec.TenantRef.Name, ofTenant, ofPool.Name, ofPool.Rule, hasRelay ??= HasRelay(context.Key.Namespace)) is not { } problem)
            {
                return null;
            }

            first ??= problem;
        }

        return first;
    }

    private SfuPool? PoolOf(NamespacedName node) => cluster.Nodes.Get(node) is { } found ? cluster.PoolOf(found) : null;

    private bool HasRelay(string? @namespace) => cluster.TurnPools.List().Any(pool => pool.Status?.ReadyReplicas > 0 && (pool.Metadata.Namespace == @namespace || rights.IsShared(pool.Metadata.Namespace)));
}
