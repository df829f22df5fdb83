using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Says in the status when tenant and pool leave participants no way to a media node of the meeting. The meeting stays: settings or relays may change at any time.</summary>
internal sealed class ReachStep(ClusterView cluster, MediaFleet fleet, PoolRights rights, MeetingEvents events) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context is { Rejection: null, Tenant: { } tenant } && context.Meeting.Spec.Mode != MeetingMode.P2P && FindProblem(context, tenant.Spec.Connectivity.Rule) is { } problem)
        {
            context.MarkNotReady(context.Status.Phase!.Value, problem.Reason, problem.Message, stalled: true);
            events.RecordNotReady(context, problem.Reason, problem.Message);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }

    private (string Reason, string Message)? FindProblem(MeetingContext context, ConnectivityRule ofTenant)
    {
        bool? hasRelay = null;
        foreach (var node in fleet.Current(context.Ref)?.Nodes ?? [])
        {
            if (PoolOf(node.Node) is { } pool && ofTenant.And(pool.Spec.Connectivity.Rule).ForceRelay
                && ReachRules.Find(context.Meeting.Spec.TenantRef.Name, ofTenant, pool.Metadata.NamespacedName.ToString(), pool.Spec.Connectivity.Rule, hasRelay ??= HasRelay(context.Key.Namespace)) is { } problem)
            {
                return problem;
            }
        }

        return null;
    }

    private SfuPool? PoolOf(NamespacedName node) => cluster.Nodes.Get(node) is { } found ? cluster.PoolOf(found) : null;

    private bool HasRelay(string? @namespace) => cluster.TurnPools.List().Any(pool => pool.Status?.ReadyReplicas > 0 && (pool.Metadata.Namespace == @namespace || rights.IsShared(pool.Metadata.Namespace)));
}
