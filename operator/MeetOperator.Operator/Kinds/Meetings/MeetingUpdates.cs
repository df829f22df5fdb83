using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// Rejects the update of a meeting that newly exceeds its tenant's limits, or exceeds them further. Other updates pass, so that a meeting that a tenant change has made
/// invalid can still be ended, renamed and corrected. Pure.
/// </summary>
internal static class MeetingUpdates
{
    public static IReadOnlyList<FieldError> Validate(Meeting old, Meeting now, Tenant? tenant)
    {
        if (tenant is null || now.Metadata.DeletionTimestamp is not null || now.Spec.DesiredState == MeetingDesiredState.Ended)
        {
            return [];
        }

        var errors = new List<FieldError>();
        if (tenant.Spec.Quotas.ParticipantsPerMeeting is { } most && now.Spec.MaxParticipants > Math.Max(most, old.Spec.MaxParticipants))
        {
            errors.Add(new FieldError("spec.maxParticipants", $"{now.Spec.MaxParticipants} is above the tenant's quota of {most} (quotas.participantsPerMeeting): set {most} or less"));
        }

        if (MeetingDemands.RegionConflict(now, tenant) is { } conflict && MeetingDemands.RegionConflict(old, tenant) is null)
        {
            errors.Add(new FieldError("spec.regions.allowed", conflict));
        }

        if (AcceptRules.DirectConnectionsConflict(now, tenant) is { } direct && AcceptRules.DirectConnectionsConflict(old, tenant) is null)
        {
            errors.Add(new FieldError("spec.mode", direct));
        }

        return errors;
    }
}
