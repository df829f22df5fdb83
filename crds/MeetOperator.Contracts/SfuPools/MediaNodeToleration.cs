using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>A taint that media nodes' Pods tolerate, as in a Pod.</summary>
public sealed record MediaNodeToleration
{
    /// <summary>Key of the taint; absent with operator Exists means every taint. Mutable, by replacing nodes.</summary>
    [MaxLength(317)]
    public string? Key { get; init; }

    /// <summary>Equal compares the value, Exists looks at the key only. Default Equal; mutable, by replacing nodes.</summary>
    [Default("\"Equal\"")]
    public TolerationOperator Operator { get; init; } = TolerationOperator.Equal;

    /// <summary>Value of the taint that is tolerated; used with operator Equal. Mutable, by replacing nodes.</summary>
    [MaxLength(63)]
    public string? Value { get; init; }

    /// <summary>Effect that is tolerated; absent means every effect. Mutable, by replacing nodes.</summary>
    public TaintEffect? Effect { get; init; }
}
