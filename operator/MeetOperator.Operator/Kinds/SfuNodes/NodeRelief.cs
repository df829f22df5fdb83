using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Sends meetings away from overloaded media nodes.</summary>
internal sealed class NodeRelief(ClusterView cluster, MediaFleet fleet)
{
    /// <summary>Begins to move meetings when the node is overloaded and may send some away. Returns what is done about the overload, or why nothing is; null without one.</summary>
    public NodeFailure? Check(SfuNode node, NodeView? view)
    {
        if (view is not { IsOverloaded: true, Decision.CanTakeMeetings: true } || NodeStateRules.IsDraining(node))
        {
            return null;
        }

        var key = node.Metadata.NamespacedName;
        return fleet.Relieve(key, [.. fleet.MeetingsOn(key).Select(Demand).OfType<(MeetingRef, MeetingDemand)>()]);
    }

    /// <summary>Null when the meeting or its tenant is unknown, or a user moves it.</summary>
    private (MeetingRef Meeting, MeetingDemand Demand)? Demand(NamespacedName key) =>
        cluster.FreshMeetings.Get(key) is { } meeting
        && cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name)) is { } tenant
        && MeetingMoves.FindPending(meeting.Spec.Placement.MoveTo, meeting.Status?.Move) is null
            ? (MeetingRef.Of(meeting), MeetingDemands.From(meeting, tenant, fleet.Current(MeetingRef.Of(meeting))))
            : null;
}
