using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>Ends a REST request with a problem document.</summary>
public sealed class ProblemException(ProblemCode code, string detail) : Exception(detail)
{
    public ProblemCode Code { get; } = code;

    /// <summary>Field → what is wrong with it, for <see cref="ProblemCode.InvalidRequest"/>.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public static ProblemException UnknownMeeting() => new(ProblemCode.UnknownMeeting, "There is no meeting with this id.");

    /// <summary>A refusal that passes within a second.</summary>
    public static ProblemException TooMany(string detail) => new(ProblemCode.QuotaExceeded, detail) { RetryAfter = TimeSpan.FromSeconds(1) };

    public static ProblemException Invalid(string field, string message) =>
        new(ProblemCode.InvalidRequest, $"{field}: {message}") { Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] } };
}
