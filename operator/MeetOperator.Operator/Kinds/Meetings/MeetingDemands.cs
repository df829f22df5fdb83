using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Builds the planner's demand from a meeting and its tenant. Pure.</summary>
internal static class MeetingDemands
{
    public static MeetingDemand From(Meeting meeting, Tenant? tenant, AssignedMeeting? current) => MeetingRequirements.Of(meeting, tenant) with
    {
        Participants = current?.Participants ?? 0,
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
                Reserved = assigned.Reserved,
                Need = assigned.Need,
            }),
        ],
    };

    /// <summary>Describes the conflict when meeting and tenant have no allowed region in common; otherwise null.</summary>
    public static string? RegionConflict(Meeting meeting, Tenant tenant) => MeetingRequirements.AllowedRegions(meeting, tenant).IsNone
        ? $"the meeting allows regions {string.Join(", ", meeting.Spec.Regions.Allowed)}, but its tenant allows {string.Join(", ", tenant.Spec.Regions.Allowed)}: add a common region to spec.regions.allowed"
        : null;
}
