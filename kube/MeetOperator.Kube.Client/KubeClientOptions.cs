namespace MeetOperator.Kube.Client;

/// <summary>Settings of a <see cref="KubeClient"/>.</summary>
public sealed record KubeClientOptions
{
    public string UserAgent { get; init; } = "meet-kube/0.1";

    /// <summary>How long a server may take to begin its answer; watches and logs may then go on for as long as they like.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Field manager of writes that name none.</summary>
    public string? FieldManager { get; init; }

    /// <summary>
    /// Called before every write; what it throws stops the write. A process that leads by a Lease refuses its own late writes here
    /// (for example after it was suspended).
    /// </summary>
    public Action? BeforeWrite { get; init; }
}
