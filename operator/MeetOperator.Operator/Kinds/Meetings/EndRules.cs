using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Decides whether and when a meeting ends automatically. Pure.</summary>
internal static class EndRules
{
    public const string DesiredState = "DesiredState";
    public const string Empty = "Empty";
    public const string MaxDuration = "MaxDuration";

    /// <summary>The reason why the meeting ends now; null while it continues.</summary>
    /// <param name="spec">The desired state.</param>
    /// <param name="status">The observed state, including the participant count.</param>
    /// <param name="counted">True when the node has reported the participant count since this operator became leader.</param>
    /// <param name="now">The current time.</param>
    public static string? FindEndReason(MeetingSpec spec, MeetingStatus status, bool counted, DateTimeOffset now)
    {
        if (spec.DesiredState == MeetingDesiredState.Ended)
        {
            return DesiredState;
        }

        if (MaxDurationEnd(spec, status) is { } limit && limit <= now)
        {
            return MaxDuration;
        }

        return counted && EmptyTimeoutEnd(spec, status) is { } emptyEnd && emptyEnd <= now ? Empty : null;
    }

    /// <summary>The time at which the meeting ends without further events; null when it does not.</summary>
    public static DateTimeOffset? NextEnd(MeetingSpec spec, MeetingStatus status)
    {
        var (limit, emptyEnd) = (MaxDurationEnd(spec, status), EmptyTimeoutEnd(spec, status));
        return limit is null || (emptyEnd is not null && emptyEnd < limit) ? emptyEnd : limit;
    }

    private static DateTimeOffset? MaxDurationEnd(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.MaxDurationMinutes is { } minutes ? status.StartedAt?.AddMinutes(minutes) : null;

    private static DateTimeOffset? EmptyTimeoutEnd(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.EmptyTimeoutSeconds > 0 ? status.EmptySince?.AddSeconds(spec.Lifecycle.EmptyTimeoutSeconds) : null;
}
