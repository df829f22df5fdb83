using MeetOperator.Contracts;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Meetings;

/// <summary>Makes the planner's demand from a meeting and its tenant. Pure.</summary>
internal static class MeetingDemands
{
    public static MeetingDemand From(Meeting meeting, Tenant tenant, CurrentAssignment? current) => new()
    {
        MeetingId = MeetingId.Of(meeting),
        Namespace = meeting.Metadata.Namespace ?? string.Empty,
        MaxParticipants = meeting.Spec.MaxParticipants,
        Participants = current?.Participants ?? 0,
        AllowedRegions = Allowed(meeting.Spec.Regions, tenant.Spec.Regions),
        PreferredRegions = Preferred(meeting.Spec.Regions, tenant.Spec.Regions),
        PinRegion = meeting.Spec.Regions.Pin,
        PoolSelector = meeting.Spec.Placement.PoolSelector,
        TenantPoolSelector = tenant.Spec.Pools.SfuSelector,
        Strategy = meeting.Spec.Placement.Strategy,
        Current = current is null ? null : new CurrentPlacement
        {
            Namespace = current.Node?.Namespace ?? string.Empty,
            SfuNode = current.Node?.Name ?? "the former node",
            Region = current.Region,
            Generation = current.Generation,
            RoomLost = current.RoomLost,
            Refusal = current.Refusal,
        },
    };

    /// <summary>Null when meeting and tenant agree on at least one region.</summary>
    public static string? RegionConflict(Meeting meeting, Tenant tenant)
    {
        var (ours, theirs) = (meeting.Spec.Regions.Allowed, tenant.Spec.Regions.Allowed);
        return ours.Count > 0 && theirs.Count > 0 && !ours.Any(theirs.Contains)
            ? $"the meeting allows {string.Join(", ", ours)} and its tenant {string.Join(", ", theirs)}: allow a region that both have in spec.regions.allowed"
            : null;
    }

    private static IReadOnlyList<string> Allowed(MeetingRegions meeting, TenantRegions tenant) =>
        meeting.Allowed.Count == 0 ? tenant.Allowed
        : tenant.Allowed.Count == 0 ? meeting.Allowed
        : [.. meeting.Allowed.Where(tenant.Allowed.Contains)];

    private static IReadOnlyList<string> Preferred(MeetingRegions meeting, TenantRegions tenant) =>
        meeting.Preferred.Count > 0 || tenant.Default is null ? meeting.Preferred : [tenant.Default];
}
