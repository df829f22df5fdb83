namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>Which part of a container's log is wanted, and in which form.</summary>
public sealed record LogQuery
{
    /// <summary>Go on with new lines until the container has ended for good.</summary>
    public bool Follow { get; init; }

    /// <summary>The run before the last restart.</summary>
    public bool Previous { get; init; }

    /// <summary>Only so many of the last lines that are there already; null is all.</summary>
    public int? TailLines { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    /// <summary>Each line begins with its time.</summary>
    public bool Timestamps { get; init; }

    public long? LimitBytes { get; init; }
}
