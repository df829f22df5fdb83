using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>An inclusive range of UDP ports.</summary>
[CelRule("self.min <= self.max", SfuPoolValidation.RangeReversed, FieldPath = ".max")]
public sealed record PortRange
{
    /// <summary>First UDP port of the range, 1024 to 65535. Required; mutable, affects only nodes that are created later.</summary>
    [RequiredField]
    [Range(1024, 65_535)]
    public int Min { get; init; }

    /// <summary>Last UDP port of the range, 1024 to 65535. Required; mutable, affects only nodes that are created later.</summary>
    [RequiredField]
    [Range(1024, 65_535)]
    public int Max { get; init; }
}
