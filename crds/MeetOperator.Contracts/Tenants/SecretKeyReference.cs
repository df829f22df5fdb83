using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>Refers to one entry of a Secret in the tenant's own namespace.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret in the tenant's own namespace. Required; mutable.</summary>
    [MaxLength(253)]
    [MinLength(1)]
    public required string Name { get; init; }

    /// <summary>Entry of the Secret. It contains either the key (32 to 512 characters) or sha256: followed by the key's SHA-256 in lower-case hex. Default key; mutable.</summary>
    [MaxLength(253)]
    [MinLength(1)]
    [Default("\"key\"")]
    public string Key { get; init; } = "key";
}
