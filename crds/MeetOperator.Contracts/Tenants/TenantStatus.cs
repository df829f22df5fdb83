using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>Observed state of a tenant.</summary>
public sealed record TenantStatus
{
    /// <summary>Generation of the spec that this status was computed from. Written by the operator.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Current usage, by the names of the quotas; at most 5 s old. Written by the operator.</summary>
    public TenantUsage Usage { get; init; } = new();

    /// <summary>Human-readable summary of the current state and of any action that is required.</summary>
    [MaxLength(2048)]
    public string? Message { get; init; }

    /// <summary>Conditions; Ready is true when the tenant owns its namespace.</summary>
    [MaxItems(16)]
    [ListMapKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}
