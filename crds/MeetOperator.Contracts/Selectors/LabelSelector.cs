using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Chooses objects by their labels; every entry must hold. An empty selector matches everything.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must be present with exactly these values. Optional; default none; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>Further requirements on labels, all of which must hold. Optional; default none; mutable.</summary>
    [MaxItems(32)]
    public IReadOnlyList<LabelRequirement>? MatchExpressions { get; init; }
}
