using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Http;

/// <summary>Validates requests. Every error names the field and the valid values.</summary>
internal static class MeetingRules
{
    /// <summary>Ten years: long enough for recurring meetings, and safe for date arithmetic.</summary>
    private static readonly TimeSpan MaxAhead = TimeSpan.FromDays(3_650);
    private static readonly TimeSpan MaxBehind = TimeSpan.FromDays(365);

    /// <summary>Returns the meeting mode, or throws with all errors.</summary>
    public static MeetingMode Check(CreateMeetingRequest request, Tenant tenant, DateTimeOffset now)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (!PlainText.IsName(request.Title, 200))
        {
            errors["title"] = ["must be one line of 1 to 200 characters without control characters."];
        }

        if (request.StartTime is { } start && (start < now - MaxBehind || start > now + MaxAhead))
        {
            errors["startTime"] = [$"must be at most {MaxAhead.Days} days in the future and {MaxBehind.Days} days in the past."];
        }

        var settings = request.Settings ?? new MeetingSettings();
        var max = Math.Min(5_000, tenant.Spec.Quotas.ParticipantsPerMeeting ?? 5_000);
        CheckRange(errors, "settings.maxParticipants", settings.MaxParticipants, 1, max);
        CheckRange(errors, "settings.emptyTimeoutSeconds", settings.EmptyTimeoutSeconds, 0, 86_400);
        CheckRange(errors, "settings.maxDurationMinutes", settings.MaxDurationMinutes, 1, 10_080);
        if (settings.E2ee is not (null or nameof(MeetingE2ee.Off) or nameof(MeetingE2ee.Required)))
        {
            errors["settings.e2ee"] = ["must be Off or Required."];
        }

        if (settings is { E2ee: nameof(MeetingE2ee.Required), MaxParticipants: > MeetingValidation.MaxE2eeParticipants })
        {
            errors["settings.maxParticipants"] = [$"must be 1 to {MeetingValidation.MaxE2eeParticipants} for an encrypted meeting."];
        }

        var mode = MeetingMode.Auto;
        if (settings.Mode is { } text && (!Enum.TryParse(text, out mode) || !Enum.IsDefined(mode) || char.IsAsciiDigit(text.FirstOrDefault())))
        {
            errors["settings.mode"] = [$"must be {string.Join(", ", Enum.GetNames<MeetingMode>())}."];
        }

        if (mode == MeetingMode.P2P && settings.MaxParticipants is not (>= 1 and <= 4))
        {
            errors["settings.maxParticipants"] = ["must be 1 to 4 for mode P2P."];
        }

        if (mode == MeetingMode.P2P && tenant.Spec.Connectivity is { DirectConnections: DirectConnections.Denied } or { ForceRelay: true })
        {
            errors["settings.mode"] = [$"must be Auto or Sfu, because the tenant denies direct connections (connectivity.{(tenant.Spec.Connectivity.ForceRelay ? "forceRelay" : "directConnections")})."];
        }

        return errors.Count == 0 ? mode : throw Invalid(errors);
    }

    public static void Check(JoinRequest request)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (!PlainText.IsName(request.DisplayName, ProtocolLimits.MaxDisplayNameLength))
        {
            errors["displayName"] = [$"must be one line of 1 to {ProtocolLimits.MaxDisplayNameLength} characters without control characters."];
        }

        if (request.UserId is { } user && (user.Length is 0 or > 256 || !PlainText.IsCleanLine(user)))
        {
            errors["userId"] = ["must be one line of 1 to 256 characters without control characters."];
        }

        if (request.Region is { } region && (region.Length is 0 or > ParticipantSpec.MaxRegionLength || !PlainText.IsCleanLine(region)))
        {
            errors["region"] = [$"must be one line of 1 to {ParticipantSpec.MaxRegionLength} characters without control characters: the name of a region as in the pools. Leave it out if it is unknown."];
        }

        if (errors.Count > 0)
        {
            throw Invalid(errors);
        }
    }

    private static void CheckRange(Dictionary<string, string[]> errors, string field, int? value, int min, int max)
    {
        if (value < min || value > max)
        {
            errors[field] = [$"must be {min} to {max}."];
        }
    }

    private static ProblemException Invalid(Dictionary<string, string[]> errors) =>
        new(ProblemCode.InvalidRequest, string.Join(" ", errors.Select(e => $"{e.Key}: {e.Value[0]}"))) { Errors = errors };
}
