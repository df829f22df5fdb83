namespace MeetOperator.Probe;

/// <summary>What to call, and for how long.</summary>
internal sealed record ProbeOptions
{
    /// <summary>Where signaling answers, with a slash at the end.</summary>
    public required Uri Url { get; init; }

    /// <summary>A tenant's API key; null where local callers need none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>How long media is sent and counted.</summary>
    public TimeSpan Talk { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Until when the call must have come about; what is not ready yet is tried again until then.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);
}
