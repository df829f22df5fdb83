namespace MeetOperator.Kube.ProcessRuntime.Logs;

/// <summary>Selects a part of a container log and its format.</summary>
public sealed record LogQuery
{
    /// <summary>Continue with new lines until the container has ended and is not restarted.</summary>
    public bool Follow { get; init; }

    /// <summary>Return the log of the run before the last restart.</summary>
    public bool Previous { get; init; }

    /// <summary>Number of existing lines from the end; null returns all.</summary>
    public int? TailLines { get; init; }

    public DateTimeOffset? SinceTime { get; init; }

    /// <summary>Prefix each line with its time.</summary>
    public bool Timestamps { get; init; }

    public long? LimitBytes { get; init; }
}
