using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>When a meeting ends automatically, and when its object is deleted.</summary>
public sealed record MeetingLifecycle
{
    /// <summary>Seconds after which an empty meeting ends, 0 to 86400. Also applies before the first participant joins. 0 disables the timeout. Default 300; mutable.</summary>
    [Range(0, 86_400)]
    [Default("300")]
    public int EmptyTimeoutSeconds { get; init; } = 300;

    /// <summary>Maximum duration in minutes, counted from the first participant's join, 1 to 10080. Optional; default no limit; mutable.</summary>
    [Range(1, 10_080)]
    public int? MaxDurationMinutes { get; init; }

    /// <summary>Seconds after the end of the meeting at which the object is deleted, 0 to 2592000. Default 3600; mutable.</summary>
    [Range(0, 2_592_000)]
    [Default("3600")]
    public int TtlSecondsAfterFinished { get; init; } = 3600;
}
