using MeetOperator.Contracts;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>Checks what people ask for; every finding names its field and what would be right.</summary>
public static class MeetingRules
{
    /// <summary>Ten years: series are planned long ahead, and calculations with the time stay in range.</summary>
    private static readonly TimeSpan MostAhead = TimeSpan.FromDays(3_650);
    private static readonly TimeSpan MostBehind = TimeSpan.FromDays(365);

    /// <summary>Throws with all findings; else the mode that is meant.</summary>
    public static MeetingMode Check(CreateMeetingRequest request, Tenant tenant, DateTimeOffset now)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (!PlainText.IsName(request.Title, 200))
        {
            errors["title"] = ["must be one line of 1 to 200 characters without control characters."];
        }

        if (request.StartTime is { } start && (start < now - MostBehind || start > now + MostAhead))
        {
            errors["startTime"] = [$"must be at most {MostAhead.Days} days ahead and {MostBehind.Days} days ago."];
        }

        var settings = request.Settings ?? new MeetingSettings();
        var most = Math.Min(5_000, tenant.Spec.Quotas.ParticipantsPerMeeting ?? 5_000);
        CheckRange(errors, "settings.maxParticipants", settings.MaxParticipants, 1, most);
        CheckRange(errors, "settings.emptyTimeoutSeconds", settings.EmptyTimeoutSeconds, 0, 86_400);
        CheckRange(errors, "settings.maxDurationMinutes", settings.MaxDurationMinutes, 1, 10_080);
        var mode = MeetingMode.Auto;
        if (settings.Mode is { } text && (!Enum.TryParse(text, out mode) || !Enum.IsDefined(mode) || char.IsAsciiDigit(text.FirstOrDefault())))
        {
            errors["settings.mode"] = [$"must be {string.Join(", ", Enum.GetNames<MeetingMode>())}."];
        }

        if (mode == MeetingMode.P2P && settings.MaxParticipants is not (>= 1 and <= 4))
        {
            errors["settings.maxParticipants"] = ["mode P2P carries at most 4 people: set 1 to 4."];
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
