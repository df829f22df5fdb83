using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;

namespace MeetOperator.Placement.Inputs;

/// <summary>What a meeting requires of its media nodes, from its spec and its tenant's. Pure.</summary>
public static class MeetingRequirements
{
    /// <summary>The demand of a meeting without participants and without a current placement. Without a tenant, no region is allowed.</summary>
    public static MeetingDemand Of(Meeting meeting, Tenant? tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        return new MeetingDemand
        {
            MeetingId = MeetingId.Of(meeting),
            Namespace = meeting.Metadata.Namespace ?? string.Empty,
            MaxParticipants = MeetingLimits.Participants(meeting, tenant),
            AllowedRegions = tenant is null ? RegionSet.None : AllowedRegions(meeting, tenant),
            PreferredRegions = tenant is null ? [] : Preferred(meeting.Spec.Regions, tenant.Spec.Regions),
            PinRegion = meeting.Spec.Regions.Pin,
            PoolSelector = meeting.Spec.Placement.PoolSelector,
            TenantPoolSelector = tenant?.Spec.Pools.SfuSelector,
            Strategy = meeting.Spec.Placement.Strategy,
            Scale = meeting.Spec.Scale,
            NeedsStandby = meeting.Spec is { Placement.AvailabilityClass: AvailabilityClass.Critical, Mode: not MeetingMode.P2P },
        };
    }

    /// <summary>The regions that both the meeting and its tenant allow.</summary>
    public static RegionSet AllowedRegions(Meeting meeting, Tenant tenant)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        ArgumentNullException.ThrowIfNull(tenant);
        return RegionSet.FromSpec(meeting.Spec.Regions.Allowed).And(RegionSet.FromSpec(tenant.Spec.Regions.Allowed));
    }

    private static IReadOnlyList<string> Preferred(MeetingRegions meeting, TenantRegions tenant) =>
        meeting.Preferred.Count > 0 || tenant.Default is null ? meeting.Preferred : [tenant.Default];
}
