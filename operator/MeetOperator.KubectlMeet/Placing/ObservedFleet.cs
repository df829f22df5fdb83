using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Reading;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.KubectlMeet.Placing;

/// <summary>The inputs of the operator's planner, as far as objects show them. Pure.</summary>
internal static class ObservedFleet
{
    /// <summary>Reasons of the Ready condition of a media node that takes no new meetings although it serves.</summary>
    private static readonly string[] CordonReasons = ["Cordoned", "MachineCordoned"];

    /// <summary>The media node as a candidate for a meeting of another namespace or its own.</summary>
    public static NodeSnapshot Snapshot(Inventory inventory, SfuNode node, DateTimeOffset now)
    {
        var pool = inventory.PoolOf(node);
        var capacity = pool?.Spec.Capacity ?? new SfuCapacity();
        var status = node.Status;
        var ready = status?.Conditions.FirstOrDefault(condition => condition.Type == MeetConditions.Ready);
        return new NodeSnapshot
        {
            Namespace = node.Metadata.Namespace ?? string.Empty,
            Name = node.Metadata.Name ?? string.Empty,
            Pool = node.Spec.PoolRef.Name,
            PoolLabels = pool?.Metadata.Labels?.ToDictionary(StringComparer.Ordinal) ?? [],
            IsInSharedNamespace = inventory.Tenants.All(tenant => tenant.Spec.Namespace != node.Metadata.Namespace),
            Region = pool?.Spec.Region,
            Zone = status?.Zone,
            ClusterNode = status?.NodeName,
            State = status?.State ?? SfuNodeState.Starting,
            MayBeAlive = true,
            Unschedulable = node.Spec.Unschedulable || CordonReasons.Contains(ready?.Reason),
            IsDrainDue = false,
            HasLinks = true, // Media nodes of this version have; the status does not show it.
            Meetings = Math.Max(status?.Meetings ?? 0, inventory.MeetingsOn(node).Count()),
            Participants = status?.Participants ?? 0,
            MaxMeetings = capacity.MaxMeetings,
            MaxParticipants = capacity.MaxParticipants,
            Stress = (status?.StressPct ?? 0) / 100.0,
            StressThreshold = capacity.StressThreshold,

            // The status does not show each report, so its age means nothing. A node that does not report is Unhealthy.
            LastSeen = status?.LastSeen is null ? null : now,
        };
    }

    /// <summary>The demand of a meeting with its current participants and placement. Without the tenant, only the meeting's own limits are known.</summary>
    public static MeetingDemand Demand(Inventory inventory, Meeting meeting)
    {
        var demand = MeetingRequirements.Of(meeting, inventory.TenantOf(meeting));
        if (inventory.TenantOf(meeting) is null)
        {
            demand = demand with { AllowedRegions = RegionSet.FromSpec(meeting.Spec.Regions.Allowed), PreferredRegions = meeting.Spec.Regions.Preferred };
        }

        var assignments = (meeting.Status?.Assignments ?? []).Where(assignment => assignment.State != AssignmentState.Lost).ToArray();
        return demand with
        {
            Participants = meeting.Status?.Participants ?? 0,
            Current = meeting.Status is not { Assignments: [_, ..] all } ? null : new CurrentPlacement
            {
                Region = meeting.Status.Region,
                Generation = all.Max(assignment => assignment.Generation),
                Nodes =
                [
                    .. assignments.Select(assignment => new NodeAssignment
                    {
                        Namespace = assignment.Namespace,
                        SfuNode = assignment.SfuNode,
                        Region = assignment.Region,
                        Role = assignment.Role ?? AssignmentRole.Edge,
                        State = assignment.State switch
                        {
                            AssignmentState.Preparing => NodeAssignmentState.Preparing,
                            AssignmentState.Leaving => NodeAssignmentState.Leaving,
                            _ => NodeAssignmentState.Ready,
                        },
                        Generation = assignment.Generation,
                        Deadline = assignment.Deadline,
                        Participants = assignment.Participants,
                        Facts = assignment.State == AssignmentState.Preparing ? AssignmentFacts.None : new AssignmentFacts { HasRoom = true, IsLinked = true }, // A broken link comes back.
                    }),
                ],
            },
        };
    }

    public static bool IsCurrent(MeetingDemand demand, NodeSnapshot node) =>
        demand.Current?.Nodes.Any(assignment => new NamespacedName(assignment.Namespace, assignment.SfuNode) == new NamespacedName(node.Namespace, node.Name)) == true;

    /// <summary>What decisions of the operator depend on and objects do not show.</summary>
    public static IReadOnlyList<string> Unknowns(Inventory inventory) =>
    [
        .. inventory.NotReadable,
        .. inventory.HasTenants ? [] : new[] { "without the Tenant, its allowed regions, its limit of participants and its selector of shared pools are not considered" },
        .. inventory.HasPools ? [] : new[] { "without the pools, the regions, labels and limits of media nodes are not known; defaults are assumed" },
        "places that are reserved for meetings that are just being placed are known to the leading operator only",
        "which namespaces hold shared pools is a setting of the operator; every namespace that no Tenant owns is counted as one",
        "figures of media nodes are up to 5 s old",
    ];
}
