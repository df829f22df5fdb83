using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>Desired state of a tenant.</summary>
[CelRule("self.__namespace__ == oldSelf.__namespace__", TenantValidation.NamespaceImmutable, FieldPath = ".namespace")]
[CelRule("!self.__namespace__.startsWith('kube-') && self.__namespace__ != 'default'", TenantValidation.NamespaceReserved, FieldPath = ".namespace")]
public sealed record TenantSpec
{
    /// <summary>Display name, 1 to 200 characters. Optional; default the object's name; mutable.</summary>
    [MaxLength(200)]
    [MinLength(1)]
    public string? DisplayName { get; init; }

    /// <summary>Namespace that the tenant owns; the operator creates it. Must not be default or start with kube-. Required; immutable.</summary>
    [RequiredField]
    [MaxLength(63)]
    [MinLength(1)]
    [Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public string Namespace { get; init; } = string.Empty;

    /// <summary>Limits on the tenant's concurrent usage. Default no limits; mutable.</summary>
    [Default("{}")]
    public TenantQuotas Quotas { get; init; } = new();

    /// <summary>Keys that the tenant's programs use to create meetings through the REST API, at most 16. Default none; mutable.</summary>
    [MaxItems(16)]
    [ListMapKey("name")]
    [Default("[]")]
    public IReadOnlyList<TenantApiKey> ApiKeys { get; init; } = [];

    /// <summary>The regions that the tenant's meetings may use. Default every region; mutable.</summary>
    [Default("{}")]
    public TenantRegions Regions { get; init; } = new();

    /// <summary>
    /// Whether the namespace is kept (Retain) or deleted with its content (Delete) when the tenant is deleted. The deletion waits until every accepted meeting of the
    /// tenant has ended. Default Retain; mutable.
    /// </summary>
    [Default("\"Retain\"")]
    public TenantDeletionPolicy DeletionPolicy { get; init; } = TenantDeletionPolicy.Retain;

    /// <summary>The pools that the tenant's meetings may use, and the limits of its own pools. Default the pools in the tenant's own namespace, with all that the installation allows; mutable.</summary>
    [Default("{}")]
    public TenantPools Pools { get; init; } = new();

    /// <summary>How the participants of the tenant's meetings may be connected. Default without limits; mutable.</summary>
    [Default("{}")]
    public TenantConnectivity Connectivity { get; init; } = new();

    /// <summary>The question about the call that participants are asked at the end. Default none; mutable.</summary>
    [Default("{}")]
    public TenantSurvey Survey { get; init; } = new();
}
