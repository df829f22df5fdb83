using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Checks conditions that depend on other objects, so admission alone cannot enforce them. Runs at every reconcile. Pure.</summary>
internal static class AcceptRules
{
    /// <summary>The reason why the meeting is not accepted, or no longer; null when it is.</summary>
    public static Rejection? FindRejection(Meeting meeting, Tenant? tenant, string? namespaceOwner)
    {
        var name = meeting.Spec.TenantRef.Name;
        if (MeetingValidation.Validate(meeting, null) is { Count: > 0 } errors)
        {
            return new Rejection(MeetingPhase.Failed, "Invalid", string.Join("; ", errors));
        }

        if (tenant is null)
        {
            return new Rejection(MeetingPhase.Pending, "TenantNotFound", $"tenant {name} does not exist: create it, or create the meeting for another tenant", IsTransient: true);
        }

        if (tenant.Spec.Namespace != meeting.Metadata.Namespace || namespaceOwner != name)
        {
            return new Rejection(MeetingPhase.Failed, "TenantMismatch", $"tenant {name} does not own namespace {meeting.Metadata.Namespace}: create the meeting in namespace {tenant.Spec.Namespace}");
        }

        if (tenant.Spec.Quotas.ParticipantsPerMeeting is { } most && meeting.Spec.MaxParticipants > most)
        {
            return new Rejection(MeetingPhase.Pending, AcceptReasons.QuotaExceeded, $"maxParticipants {meeting.Spec.MaxParticipants} is above the tenant's quota of {most}: lower spec.maxParticipants") { CanMove = true };
        }

        if (DirectConnectionsConflict(meeting, tenant) is { } direct)
        {
            return new Rejection(MeetingPhase.Pending, "DirectConnectionsDenied", direct);
        }

        return MeetingDemands.RegionConflict(meeting, tenant) is { } conflict ? new Rejection(MeetingPhase.Pending, "RegionConflict", conflict) : null;
    }

    /// <summary>Says that the meeting can only have direct connections, and the tenant denies them; null otherwise.</summary>
    public static string? DirectConnectionsConflict(Meeting meeting, Tenant tenant) =>
        meeting.Spec.Mode == MeetingMode.P2P && !MeetingLimits.AllowsDirectConnections(meeting, tenant)
            ? $"mode P2P connects participants directly, which tenant {tenant.Metadata.Name} denies (connectivity.{(tenant.Spec.Connectivity.ForceRelay ? "forceRelay" : "directConnections")}): set spec.mode to Auto or Sfu"
            : null;

    /// <summary>The reason why the tenant accepts no new meetings, or null. Its existing meetings continue.</summary>
    public static Rejection? FindTenantDeletion(Tenant tenant) => tenant.Metadata.DeletionTimestamp is null ? null
        : new(MeetingPhase.Pending, "TenantDeleting", $"tenant {tenant.Metadata.Name} is being deleted and accepts no new meetings: create the meeting for another tenant", IsTransient: true);

    /// <summary>The tenant may no longer use the region or the pool of the meeting's node.</summary>
    public static Rejection PlaceNotAllowed(string node, string reason) =>
        new(MeetingPhase.Pending, "PlaceNotAllowed", $"the meeting is on {node}, but {reason}: allow this region or pool in the Tenant again, or end the meeting and create a new one") { CanMove = true };

    /// <param name="Phase">Failed when only a changed spec can help.</param>
    /// <param name="Reason">Reason for conditions and events.</param>
    /// <param name="Message">What to do.</param>
    /// <param name="IsTransient">True when the rejection can disappear without a change to this meeting.</param>
    internal sealed record Rejection(MeetingPhase Phase, string Reason, string Message, bool IsTransient = false)
    {
        /// <summary>True when a meeting that loses its node may be placed again, within what its tenant allows.</summary>
        public bool CanMove { get; init; }
    }
}
