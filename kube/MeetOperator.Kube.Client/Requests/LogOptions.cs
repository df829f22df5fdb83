namespace MeetOperator.Kube.Client.Requests;

/// <summary>Options for reading a container log.</summary>
public sealed record LogOptions
{
    /// <summary>Name of the container; required if the Pod has several.</summary>
    public string? Container { get; init; }
    public int? TailLines { get; init; }

    /// <summary>Maximum size of the log in bytes.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Keep the stream open and send new lines as they are written.</summary>
    public bool Follow { get; init; }

    /// <summary>The log of the instance before the last restart.</summary>
    public bool Previous { get; init; }
    public bool Timestamps { get; init; }
    public int? SinceSeconds { get; init; }
}
