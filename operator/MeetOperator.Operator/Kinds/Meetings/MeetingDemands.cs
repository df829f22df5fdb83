using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Builds the planner's demand from a meeting and its tenant. Pure.</summary>
internal static class MeetingDemands
{
    public static MeetingDemand From(Meeting meeting, Tenant? tenant, AssignedMeeting? current) => new()
    {
        MeetingId = MeetingId.Of(meeting),
        Namespace = meeting.Metadata.Namespace ?? string.Empty,
        MaxParticipants = MeetingLimits.Participants(meeting, tenant),
        Participants = current?.Participants ?? 0,
        AllowedRegions = tenant is null ? RegionSet.None : Allowed(meeting, tenant),
        PreferredRegions = tenant is null ? [] : Preferred(meeting.Spec.Regions, tenant.Spec.Regions),
        PinRegion = meeting.Spec.Regions.Pin,
        PoolSelector = meeting.Spec.Placement.PoolSelector,
        TenantPoolSelector = tenant?.Spec.Pools.SfuSelector,
        Strategy = meeting.Spec.Placement.Strategy,
        Current = current is null ? null : Current(current),
    };

    public static CurrentPlacement Current(AssignedMeeting meeting) => new()
    {
        Region = meeting.Region,
        Generation = meeting.Generation,
        Nodes =
        [
            .. meeting.Nodes.Select(assigned => new NodeAssignment
            {
                Namespace = assigned.Node.Namespace ?? string.Empty,
                SfuNode = assigned.Node.Name,
                Region = assigned.Region,
                Role = assigned.Role,
                State = assigned.State,
                Generation = assigned.Generation,
                RoomRejection = assigned.RoomRejection,
                Deadline = assigned.Deadline,
                Participants = assigned.Participants,
            }),
        ],
    };

    /// <summary>Describes the conflict when meeting and tenant have no allowed region in common; otherwise null.</summary>
    public static string? RegionConflict(Meeting meeting, Tenant tenant) => Allowed(meeting, tenant).IsNone
        ? $"the meeting allows regions {string.Join(", ", meeting.Spec.Regions.Allowed)}, but its tenant allows {string.Join(", ", tenant.Spec.Regions.Allowed)}: add a common region to spec.regions.allowed"
        : null;

    private static RegionSet Allowed(Meeting meeting, Tenant tenant) =>
        RegionSet.FromSpec(meeting.Spec.Regions.Allowed).And(RegionSet.FromSpec(tenant.Spec.Regions.Allowed));

    private static IReadOnlyList<string> Preferred(MeetingRegions meeting, TenantRegions tenant) =>
        meeting.Preferred.Count > 0 || tenant.Default is null ? meeting.Preferred : [tenant.Default];
}
