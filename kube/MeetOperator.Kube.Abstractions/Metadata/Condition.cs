using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Metadata;

/// <summary>One aspect of the observed state of an object (metav1.Condition). The list is a list-map with the key <see cref="Type"/>.</summary>
public sealed record Condition
{
    /// <summary>The aspect, as an adjective, for example Ready.</summary>
    [MaxLength(64)]
    public required string Type { get; init; }

    /// <summary>True, False, or Unknown.</summary>
    public required ConditionStatus Status { get; init; }

    /// <summary>Machine-readable reason in UpperCamel.</summary>
    [MaxLength(128)]
    public required string Reason { get; init; }

    /// <summary>Human-readable explanation, with the necessary action if there is one.</summary>
    [MaxLength(2048)]
    public string Message { get; init; } = string.Empty;

    /// <summary>Generation of the spec from which this condition was computed.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Time of the last change of the status.</summary>
    public DateTimeOffset? LastTransitionTime { get; init; }
}

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}
