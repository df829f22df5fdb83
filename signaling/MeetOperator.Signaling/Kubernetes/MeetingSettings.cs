namespace MeetOperator.Signaling.Kubernetes;

/// <summary>Settings of a meeting. Null values take the defaults of the Meeting resource.</summary>
internal sealed record MeetingSettings
{
    /// <summary>1 to 5000.</summary>
    public int? MaxParticipants { get; init; }

    /// <summary>Auto, P2P or Sfu.</summary>
    public string? Mode { get; init; }
    public bool? MuteOnEntry { get; init; }

    /// <summary>Off or Required.</summary>
    public string? E2ee { get; init; }

    /// <summary>0 to 86400. With 0, an empty meeting does not end.</summary>
    public int? EmptyTimeoutSeconds { get; init; }

    /// <summary>1 to 10080.</summary>
    public int? MaxDurationMinutes { get; init; }
}
