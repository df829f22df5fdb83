using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Selectors;

/// <summary>Selects objects by their labels. All requirements must be met. An empty selector matches every object.</summary>
public sealed record LabelSelector
{
    /// <summary>Labels that must be present with exactly these values. Optional; default none; mutable.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }

    /// <summary>Additional label requirements, all of which must be met. Optional; default none; mutable.</summary>
    [MaxItems(32)]
    public IReadOnlyList<LabelRequirement>? MatchExpressions { get; init; }
}
