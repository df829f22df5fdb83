using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Placement;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// Rejects an update with a new request to move the meeting to a media node that does not exist or that its tenant may not use, both with the same words. Whether the node can take
/// the meeting is for the planner to say. Pure.
/// </summary>
internal static class MoveAdmission
{
    /// <param name="old">The meeting as it is stored.</param>
    /// <param name="now">The meeting as it shall be stored.</param>
    /// <param name="tenant">Its tenant; null while it is unknown, then nothing is rejected.</param>
    /// <param name="nodes">All media nodes.</param>
    /// <param name="poolOf">Finds the pool of a node.</param>
    /// <param name="isShared">Whether the pools of a namespace can be shared with tenants.</param>
    public static IReadOnlyList<FieldError> Validate(
        Meeting old, Meeting now, Tenant? tenant, IReadOnlyCollection<SfuNode> nodes, Func<SfuNode, SfuPool?> poolOf, Func<string?, bool> isShared)
    {
        if (tenant is null || now.Spec.Placement.MoveTo is not { } wanted || wanted == old.Spec.Placement.MoveTo || now.Metadata.DeletionTimestamp is not null || now.Spec.DesiredState == MeetingDesiredState.Ended)
        {
            return [];
        }

        var demand = MeetingRequirements.Of(now, tenant);
        var isKnown = nodes
            .Where(node => node.Metadata.Name == wanted.SfuNode && (wanted.Namespace ?? node.Metadata.Namespace) == node.Metadata.Namespace)
            .Any(node => PlacementPlanner.MayKnow(demand, Snapshot(node, poolOf(node), isShared)));
        return isKnown ? [] : [new FieldError("spec.placement.moveTo.sfuNode", PlacementPlanner.UnknownNode(new MoveDemand { SfuNode = wanted.SfuNode, Namespace = wanted.Namespace }))];
    }

    /// <summary>As much of a node as the rights of a tenant depend on.</summary>
    private static NodeSnapshot Snapshot(SfuNode node, SfuPool? pool, Func<string?, bool> isShared) => new()
    {
        Namespace = node.Metadata.Namespace ?? string.Empty,
        Name = node.Metadata.Name ?? string.Empty,
        Pool = node.Spec.PoolRef.Name,
        PoolLabels = pool?.Metadata.Labels?.ToDictionary() ?? [],
        IsInSharedNamespace = isShared(node.Metadata.Namespace),
        State = SfuNodeState.Starting,
    };
}
