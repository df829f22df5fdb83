using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Decides whether and when a meeting ends automatically. Pure.</summary>
internal static class EndRules
{
    public const string DesiredState = "DesiredState";
    public const string Empty = "Empty";
    public const string MaxDuration = "MaxDuration";

    /// <summary>Pause between checks of an overdue meeting.</summary>
    public static readonly TimeSpan Recheck = TimeSpan.FromSeconds(1);

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

    /// <summary>
    /// The time at which to check again whether the meeting ends, null when its end depends on other events: the time at which it is due, or <see cref="Recheck"/> from
    /// now when it is overdue and its participants cannot be counted.
    /// </summary>
    public static DateTimeOffset? NextCheck(MeetingSpec spec, MeetingStatus status, DateTimeOffset now)
    {
        var (limit, emptyEnd) = (MaxDurationEnd(spec, status), EmptyTimeoutEnd(spec, status));
        var due = limit is null || (emptyEnd is not null && emptyEnd < limit) ? emptyEnd : limit;
        return due <= now ? now + Recheck : due;
    }

    private static DateTimeOffset? MaxDurationEnd(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.MaxDurationMinutes is { } minutes ? status.StartedAt?.AddMinutes(minutes) : null;

    private static DateTimeOffset? EmptyTimeoutEnd(MeetingSpec spec, MeetingStatus status) =>
        spec.Lifecycle.EmptyTimeoutSeconds > 0 ? status.EmptySince?.AddSeconds(spec.Lifecycle.EmptyTimeoutSeconds) : null;
}
