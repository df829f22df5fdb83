using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuNodes;

/// <summary>Refers to an SfuPool in the same namespace.</summary>
public sealed record PoolReference
{
    /// <summary>Name of the SfuPool in the same namespace. Required; immutable where it is used.</summary>
    [RequiredField]
    [MaxLength(253)]
    [MinLength(1)]
    public string Name { get; init; } = string.Empty;
}
