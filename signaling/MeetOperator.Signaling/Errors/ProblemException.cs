using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling.Errors;

/// <summary>Ends a REST request with a problem document (RFC 9457).</summary>
internal sealed class ProblemException(ProblemCode code, string detail) : Exception(detail)
{
    public ProblemCode Code { get; } = code;

    /// <summary>Errors by field, for <see cref="ProblemCode.InvalidRequest"/>.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public static ProblemException UnknownMeeting() => new(ProblemCode.UnknownMeeting, "Unknown meeting ID.");

    /// <summary>A rate limit error that callers may retry after one second.</summary>
    public static ProblemException TooMany(string detail) => new(ProblemCode.QuotaExceeded, detail) { RetryAfter = TimeSpan.FromSeconds(1) };

    public static ProblemException Invalid(string field, string message) =>
        new(ProblemCode.InvalidRequest, $"{field}: {message}") { Errors = new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] } };
}
