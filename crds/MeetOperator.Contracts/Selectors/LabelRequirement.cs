using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Selectors;

/// <summary>One requirement of a label selector.</summary>
[CelRule("self.operator in ['Exists', 'DoesNotExist'] || (has(self.values) && size(self.values) > 0)", LabelSelectorMatch.ValuesNeeded, FieldPath = ".values")]
public sealed record LabelRequirement
{
    /// <summary>Label key that the requirement applies to. Required; mutable.</summary>
    [MaxLength(317)]
    [MinLength(1)]
    public required string Key { get; init; }

    /// <summary>How the label's value is compared with the list of values. Required; mutable.</summary>
    public required LabelOperator Operator { get; init; }

    /// <summary>Values to compare with. Required for In and NotIn, ignored for Exists and DoesNotExist. Mutable.</summary>
    [MaxItems(32)]
    [MaxLength(63)]
    public IReadOnlyList<string>? Values { get; init; }
}
