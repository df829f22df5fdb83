using MeetOperator.Kube.Admission;

namespace MeetOperator.Contracts.Selectors;

/// <summary>Evaluates label selectors as Kubernetes does.</summary>
public static class LabelSelectorMatch
{
    internal const string ValuesNeeded = "values must contain at least one value when the operator is In or NotIn";

    /// <summary>True when <paramref name="labels"/> meet every requirement; a null selector matches nothing.</summary>
    public static bool Matches(LabelSelector? selector, IEnumerable<KeyValuePair<string, string>>? labels)
    {
        if (selector is null)
        {
            return false;
        }

        var have = labels?.ToDictionary(StringComparer.Ordinal) ?? [];
        return (selector.MatchLabels?.All(wanted => have.TryGetValue(wanted.Key, out var value) && value == wanted.Value) ?? true)
            && (selector.MatchExpressions?.All(requirement => IsMatch(requirement, have)) ?? true);
    }

    internal static IEnumerable<FieldError> Validate(LabelSelector? selector, string path) =>
        (selector?.MatchExpressions ?? [])
        .Select((requirement, index) => (requirement, index))
        .Where(entry => NeedsValues(entry.requirement.Operator) && entry.requirement.Values is not { Count: > 0 })
        .Select(entry => new FieldError($"{path}.matchExpressions[{entry.index}].values", ValuesNeeded));

    private static bool NeedsValues(LabelOperator comparison) => comparison is LabelOperator.In or LabelOperator.NotIn;

    private static bool IsMatch(LabelRequirement requirement, Dictionary<string, string> labels)
    {
        var present = labels.TryGetValue(requirement.Key, out var value);
        return requirement.Operator switch
        {
            LabelOperator.In => present && (requirement.Values?.Contains(value) ?? false),
            LabelOperator.NotIn => !present || !(requirement.Values?.Contains(value) ?? false),
            LabelOperator.Exists => present,
            _ => !present,
        };
    }
}
