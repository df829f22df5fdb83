namespace MeetOperator.Kube;

/// <summary>One aspect of an object's observed state (metav1.Condition). A list-map keyed by <see cref="Type"/>.</summary>
public sealed record Condition
{
    /// <summary>Adjective that names the aspect, for example Ready.</summary>
    [MaxLength(64)]
    public required string Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public required ConditionStatus Status { get; init; }

    /// <summary>Machine-readable cause in UpperCamel.</summary>
    [MaxLength(128)]
    public required string Reason { get; init; }

    /// <summary>What a person should know, and do when something must be done.</summary>
    [MaxLength(2048)]
    public string Message { get; init; } = string.Empty;

    /// <summary>Generation of the spec that this condition was computed from.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>When the status last changed from one value to another.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }
}

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}
