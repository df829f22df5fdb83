using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What is wanted of a tenant.</summary>
[CelRule("self.__namespace__ == oldSelf.__namespace__", TenantValidation.NamespaceImmutable, FieldPath = ".namespace")]
[CelRule("!self.__namespace__.startsWith('kube-') && self.__namespace__ != 'default'", TenantValidation.NamespaceReserved, FieldPath = ".namespace")]
public sealed record TenantSpec
{
    /// <summary>Name that people see, 1 to 200 characters. Optional; default is the object's name; mutable.</summary>
    [MaxLength(200)]
    [MinLength(1)]
    public string? DisplayName { get; init; }

    /// <summary>Namespace that the tenant owns; the operator makes it. Not default and not kube-*. Required; immutable.</summary>
    [RequiredField]
    [MaxLength(63)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string Namespace { get; init; } = string.Empty;

    /// <summary>Limits for what the tenant may use at the same time. Default no limits; mutable.</summary>
    [Default("{}")]
    public TenantQuotas Quotas { get; init; } = new();

    /// <summary>Keys with which the tenant's programs create meetings over REST, at most 16. Default none; mutable.</summary>
    [MaxItems(16)]
    [ListMapKey("name")]
    [Default("[]")]
    public IReadOnlyList<TenantApiKey> ApiKeys { get; init; } = [];

    /// <summary>Regions that the tenant's meetings may use. Default every region; mutable.</summary>
    [Default("{}")]
    public TenantRegions Regions { get; init; } = new();

    /// <summary>
    /// What becomes of the namespace when the tenant is deleted, which waits while a meeting of it is live: Retain keeps the namespace and what is in it, Delete
    /// removes it. Default Retain; mutable.
    /// </summary>
    [Default("\"Retain\"")]
    public TenantDeletionPolicy DeletionPolicy { get; init; } = TenantDeletionPolicy.Retain;

    /// <summary>Pools that the tenant's meetings may use, and what its own pools may ask for. Default those in the tenant's own namespace, and all that the installation allows; mutable.</summary>
    [Default("{}")]
    public TenantPools Pools { get; init; } = new();
}
