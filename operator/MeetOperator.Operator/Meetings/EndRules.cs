using MeetOperator.Contracts;

namespace MeetOperator.Operator.Meetings;

/// <summary>Whether and when a meeting ends by itself. Pure.</summary>
internal static class EndRules
{
    public const string DesiredState = "DesiredState";
    public const string Empty = "Empty";
    public const string MaxDuration = "MaxDuration";

    /// <summary>Why the meeting ends now; null while it goes on.</summary>
    /// <param name="spec">What is wanted.</param>
    /// <param name="status">What is known, the head count included.</param>
    /// <param name="counted">True when the head count comes from the node since this operator began to lead.</param>
    /// <param name="now">The present time.</param>
    public static string? WhyNow(MeetingSpec spec, MeetingStatus status, bool counted, DateTimeOffset now)
    {
        if (spec.DesiredState == MeetingDesiredState.Ended)
        {
            return DesiredState;
        }

        if (LongestUntil(spec, status) is { } limit && limit <= now)
        {
            return MaxDuration;
        }

        return counted && EmptyUntil(spec, status) is { } patience && patience <= now ? Empty : null;
    }

    /// <summary>When time alone will end the meeting; null when it will not.</summary>
    public static DateTimeOffset? Next(MeetingSpec spec, MeetingStatus status)
    {
        var (limit, patience) = (LongestUntil(spec, status), EmptyUntil(spec, status));
        return limit is null || (patience is not null && patience < limit) ? patience : limit;
    }

    private static DateTimeOffset? LongestUntil(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.MaxDurationMinutes is { } minutes ? status.StartedAt?.AddMinutes(minutes) : null;

    private static DateTimeOffset? EmptyUntil(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.EmptyTimeoutSeconds > 0 ? status.EmptySince?.AddSeconds(spec.Lifecycle.EmptyTimeoutSeconds) : null;
}
