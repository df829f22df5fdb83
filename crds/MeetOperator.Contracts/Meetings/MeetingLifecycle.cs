using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>When a meeting ends by itself and when its object is removed.</summary>
public sealed record MeetingLifecycle
{
    /// <summary>Seconds after which an empty meeting ends, 0 to 86400; also counted before the first person comes. 0 never. Default 300; mutable.</summary>
    [Range(0, 86_400)]
    [Default("300")]
    public int EmptyTimeoutSeconds { get; init; } = 300;

    /// <summary>Minutes after the start of the first person at which the meeting ends, 1 to 10080. Optional; default no limit; mutable.</summary>
    [Range(1, 10_080)]
    public int? MaxDurationMinutes { get; init; }

    /// <summary>Seconds after the end at which the object is removed, 0 to 2592000. Default 3600; mutable.</summary>
    [Range(0, 2_592_000)]
    [Default("3600")]
    public int TtlSecondsAfterFinished { get; init; } = 3600;
}
