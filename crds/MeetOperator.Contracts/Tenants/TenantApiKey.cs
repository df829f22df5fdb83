using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>An API key for a tenant's programs.</summary>
public sealed record TenantApiKey
{
    /// <summary>Name of the key, unique within the tenant. It identifies the key in logs and during rotation. Required; immutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    public required string Name { get; init; }

    /// <summary>The Secret entry with the key, in the tenant's own namespace. Required; mutable.</summary>
    public required SecretKeyReference SecretRef { get; init; }
}
