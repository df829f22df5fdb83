using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What the operator sees of a tenant.</summary>
public sealed record TenantStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>What the tenant uses now, by the names of its quotas; at most 5 s old. Written by the operator.</summary>
    public TenantUsage Usage { get; init; } = new();

    /// <summary>What a person should know about the tenant now, and what to do when something must be done.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Observed aspects; Ready is true when the tenant owns its namespace.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
