using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>One key of a tenant's programs.</summary>
public sealed record TenantApiKey
{
    /// <summary>Name of the key, unique within the tenant, for logs and rotation. Required; immutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    public required string Name { get; init; }

    /// <summary>Where the key is kept, in the tenant's own namespace. Required; mutable.</summary>
    public required SecretKeyReference SecretRef { get; init; }
}
