namespace MeetOperator.Probe;

/// <summary>Configuration of the probe.</summary>
internal sealed record ProbeOptions
{
    /// <summary>The base URL of signaling, with a trailing slash.</summary>
    public required Uri Url { get; init; }

    /// <summary>A tenant's API key, or null when signaling accepts local clients without one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How long media is sent and counted.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Deadline for setting up the call. Requests are retried until then.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
