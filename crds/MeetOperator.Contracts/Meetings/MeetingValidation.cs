using MeetOperator.Contracts.Selectors;
using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.Meetings;

/// <summary>C# counterpart of every CEL rule of a Meeting, for servers that do not run CEL and for the reconciler.</summary>
public static class MeetingValidation
{
    internal const string TenantImmutable = "tenantRef is immutable: create a new meeting for another tenant";
    internal const string EndedIsFinal = "an ended meeting cannot be reopened: create a new meeting";
    internal const string P2PIsSmall = "mode P2P supports at most 4 participants: lower maxParticipants to 4 or use mode Auto or Sfu";
    internal const string E2eeImmutable = "media.e2ee is immutable: create a new meeting to change it";
    internal const string E2eeIsSmall = "a meeting with media.e2ee Required supports at most 100 participants: lower maxParticipants to 100";
    internal const string PinNeedsAllowed = "pin needs at least one region in allowed";
    internal const string PreferredOutsideAllowed = "every preferred region must also be in allowed";

    /// <summary>Every participant sends a new key to every other one when one leaves, so the number of messages grows with the square of the participants.</summary>
    public const int MaxE2eeParticipants = 100;

    /// <summary>Returns all errors; empty when <paramref name="meeting"/> is valid. <paramref name="old"/> is null on create.</summary>
    public static IReadOnlyList<FieldError> Validate(Meeting meeting, Meeting? old)
    {
        ArgumentNullException.ThrowIfNull(meeting);
        var errors = new List<FieldError>();
        var spec = meeting.Spec;
        if (old is not null && old.Spec.TenantRef != spec.TenantRef)
        {
            errors.Add(new("spec.tenantRef", TenantImmutable));
        }

        if (old?.Spec.DesiredState == MeetingDesiredState.Ended && spec.DesiredState != MeetingDesiredState.Ended)
        {
            errors.Add(new("spec.desiredState", EndedIsFinal));
        }

        if (spec.Mode == MeetingMode.P2P && spec.MaxParticipants > 4)
        {
            errors.Add(new("spec.maxParticipants", P2PIsSmall));
        }

        if (old is not null && old.Spec.Media.E2ee != spec.Media.E2ee)
        {
            errors.Add(new("spec.media.e2ee", E2eeImmutable));
        }

        if (spec.Media.E2ee == MeetingE2ee.Required && spec.MaxParticipants > MaxE2eeParticipants)
        {
            errors.Add(new("spec.maxParticipants", E2eeIsSmall));
        }

        if (spec.Regions.Pin && spec.Regions.Allowed.Count == 0)
        {
            errors.Add(new("spec.regions.allowed", PinNeedsAllowed));
        }

        if (spec.Regions.Allowed.Count > 0 && !spec.Regions.Preferred.All(spec.Regions.Allowed.Contains))
        {
            errors.Add(new("spec.regions.preferred", PreferredOutsideAllowed));
        }

        errors.AddRange(LabelSelectorMatch.Validate(spec.Placement.PoolSelector, "spec.placement.poolSelector"));
        return errors;
    }
}
