using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>A taint that the Pods of media nodes tolerate, as in a Pod.</summary>
public sealed record MediaNodeToleration
{
    /// <summary>Key of the taint. If absent with operator Exists, every taint is tolerated. Mutable, by replacing nodes.</summary>
    [MaxLength(317)]
    public string? Key { get; init; }

    /// <summary>Equal compares key and value, Exists compares only the key. Default Equal; mutable, by replacing nodes.</summary>
    [Default("\"Equal\"")]
    public TolerationOperator Operator { get; init; } = TolerationOperator.Equal;

    /// <summary>Value of the tolerated taint; used with operator Equal. Mutable, by replacing nodes.</summary>
    [MaxLength(63)]
    public string? Value { get; init; }

    /// <summary>Tolerated effect; if absent, every effect is tolerated. Mutable, by replacing nodes.</summary>
    public TaintEffect? Effect { get; init; }
}
