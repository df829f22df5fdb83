using MeetOperator.Contracts;

namespace MeetOperator.Operator.Meetings;

/// <summary>Checks what admission cannot hold for good, because it depends on other objects; asked at every reconcile. Pure.</summary>
internal static class AcceptRules
{
    /// <summary>Why the meeting is not taken, or not any more; null when it is.</summary>
    public static Refusal? Judge(Meeting meeting, Tenant? tenant, string? namespaceOwner)
    {
        var name = meeting.Spec.TenantRef.Name;
        if (MeetingValidation.Validate(meeting, null) is { Count: > 0 } errors)
        {
            return new Refusal(MeetingPhase.Failed, "Invalid", string.Join("; ", errors));
        }

        if (tenant is null)
        {
            return new Refusal(MeetingPhase.Pending, "TenantNotFound", $"there is no Tenant {name}: create it or name another in spec.tenantRef", Waits: true);
        }

        if (tenant.Spec.Namespace != meeting.Metadata.Namespace || namespaceOwner != name)
        {
            return new Refusal(MeetingPhase.Failed, "TenantMismatch", $"tenant {name} does not own namespace {meeting.Metadata.Namespace}: create the meeting in namespace {tenant.Spec.Namespace}");
        }

        if (tenant.Spec.Quotas.ParticipantsPerMeeting is { } most && meeting.Spec.MaxParticipants > most)
        {
            return new Refusal(MeetingPhase.Pending, AcceptReasons.QuotaExceeded, $"maxParticipants {meeting.Spec.MaxParticipants} is above the tenant's quota of {most}: lower spec.maxParticipants") { MayMove = true };
        }

        return MeetingDemands.RegionConflict(meeting, tenant) is { } conflict ? new Refusal(MeetingPhase.Pending, "RegionConflict", conflict) : null;
    }

    /// <summary>Why the tenant takes no new meetings; null when it does. Those that it has go on.</summary>
    public static Refusal? Closing(Tenant tenant) => tenant.Metadata.DeletionTimestamp is null ? null
        : new(MeetingPhase.Pending, "TenantDeleting", $"Tenant {tenant.Metadata.Name} is being deleted and takes no new meetings: name another in spec.tenantRef", Waits: true);

    /// <summary>The meeting is where it may not be any more: its tenant has lost the region or the pool since.</summary>
    public static Refusal NotAllowedThere(string node, string why) =>
        new(MeetingPhase.Pending, "PlaceNotAllowed", $"it is carried by {node}, and {why}: allow that place again in the Tenant, or end the meeting and create a new one") { MayMove = true };

    /// <param name="Phase">Failed when nothing but another spec can help.</param>
    /// <param name="Reason">For conditions and events.</param>
    /// <param name="Message">What to do.</param>
    /// <param name="Waits">True when it may pass without anybody changing this meeting.</param>
    internal sealed record Refusal(MeetingPhase Phase, string Reason, string Message, bool Waits = false)
    {
        /// <summary>A meeting that loses its node may have another: what its tenant is allowed still bounds where.</summary>
        public bool MayMove { get; init; }
    }
}
