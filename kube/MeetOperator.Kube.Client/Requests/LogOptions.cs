namespace MeetOperator.Kube.Client;

/// <summary>Which part of a Pod's log to read.</summary>
public sealed record LogOptions
{
    /// <summary>Needed when the Pod has several containers.</summary>
    public string? Container { get; init; }
    public int? TailLines { get; init; }

    /// <summary>Keep the stream open and send lines as they are written.</summary>
    public bool Follow { get; init; }

    /// <summary>The log of the instance before the last restart.</summary>
    public bool Previous { get; init; }
    public bool Timestamps { get; init; }
    public int? SinceSeconds { get; init; }
}
