using MeetOperator.Contracts;

namespace MeetOperator.Operator.Meetings;

/// <summary>Checks what admission cannot hold for good, because it depends on other objects. Pure.</summary>
internal static class AcceptRules
{
    /// <summary>Why the meeting is not taken; null when it is.</summary>
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
            return new Refusal(MeetingPhase.Pending, "QuotaExceeded", $"maxParticipants {meeting.Spec.MaxParticipants} is above the tenant's quota of {most}: lower spec.maxParticipants");
        }

        return MeetingDemands.RegionConflict(meeting, tenant) is { } conflict ? new Refusal(MeetingPhase.Pending, "RegionConflict", conflict) : null;
    }

    /// <param name="Phase">Failed when nothing but another spec can help.</param>
    /// <param name="Reason">For conditions and events.</param>
    /// <param name="Message">What to do.</param>
    /// <param name="Waits">True when it may pass without anybody changing this meeting.</param>
    internal sealed record Refusal(MeetingPhase Phase, string Reason, string Message, bool Waits = false);
}
