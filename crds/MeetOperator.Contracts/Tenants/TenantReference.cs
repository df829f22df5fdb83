using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>Refers to a Tenant.</summary>
public sealed record TenantReference
{
    /// <summary>Name of the Tenant object, which is cluster-scoped. Required; immutable where it is used.</summary>
    [RequiredField]
    [MaxLength(63)]
    [MinLength(1)]
    public string Name { get; init; } = string.Empty;
}
