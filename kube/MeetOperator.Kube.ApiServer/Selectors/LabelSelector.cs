using MeetOperator.Kube.ApiServer.Metadata;

namespace MeetOperator.Kube.ApiServer.Selectors;

/// <summary>A label selector with the syntax of <c>labels.Parse</c>. All requirements must match.</summary>
internal sealed class LabelSelector
{
    public static readonly LabelSelector Everything = new([]);
    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelSelector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    private enum Operator
    {
        Exists,
        NotExists,
        In,
        NotIn,
        GreaterThan,
        LessThan,
    }

    public bool IsEverything => _requirements.Count == 0;

    /// <summary>Returns null if <paramref name="text"/> is a valid selector, otherwise the error message.</summary>
    public static string? TryParse(string? text, out LabelSelector selector)
    {
        selector = Everything;
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var requirements = new List<Requirement>();
        foreach (var part in SplitOutsideParentheses(text))
        {
            if (TryParseRequirement(part.Trim()) is not { } requirement)
            {
                return $"unable to parse requirement: found '{part.Trim()}', expected: 'key', '!key', 'key=value', 'key!=value', 'key in (a,b)', 'key notin (a,b)', 'key>1' or 'key<1'";
            }

            requirements.Add(requirement);
        }

        selector = new LabelSelector(requirements);
        return null;
    }

    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var requirement in _requirements)
        {
            if (!requirement.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    private static Requirement? TryParseRequirement(string text)
    {
        if (text.StartsWith('!'))
        {
            return CreateRequirement(text[1..].Trim(), Operator.NotExists, []);
        }

        foreach (var (sign, op) in (ReadOnlySpan<(string, Operator)>)[("!=", Operator.NotIn), ("==", Operator.In), ("=", Operator.In), (">", Operator.GreaterThan), ("<", Operator.LessThan)])
        {
            var at = text.IndexOf(sign, StringComparison.Ordinal);
            if (at > 0)
            {
                return CreateRequirement(text[..at].Trim(), op, [text[(at + sign.Length)..].Trim()]);
            }
        }

        var words = text.Split([' ', '\t', '('], 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length >= 2 && words[1] is "in" or "notin" && text.EndsWith(')') && text.Contains('('))
        {
            var inner = text[(text.IndexOf('(') + 1)..^1];
            return CreateRequirement(words[0], words[1] == "in" ? Operator.In : Operator.NotIn, [.. inner.Split(',').Select(v => v.Trim())]);
        }

        return CreateRequirement(text, Operator.Exists, []);
    }

    private static Requirement? CreateRequirement(string key, Operator op, string[] values)
    {
        if (!NameRules.IsQualifiedName(key) || values.Any(v => !NameRules.IsLabelValue(v)))
        {
            return null;
        }

        return op is Operator.GreaterThan or Operator.LessThan && !long.TryParse(values[0], out _) ? null : new Requirement(key, op, values);
    }

    private static IEnumerable<string> SplitOutsideParentheses(string text)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        yield return text[start..];
    }

    private sealed record Requirement(string Key, Operator Op, string[] Values)
    {
        public bool Matches(IReadOnlyDictionary<string, string> labels)
        {
            var present = labels.TryGetValue(Key, out var value);
            return Op switch
            {
                Operator.Exists => present,
                Operator.NotExists => !present,
                Operator.In => present && Array.IndexOf(Values, value) >= 0,
                Operator.NotIn => !present || Array.IndexOf(Values, value) < 0,
                Operator.GreaterThan => present && long.TryParse(value, out var more) && more > long.Parse(Values[0], System.Globalization.CultureInfo.InvariantCulture),
                _ => present && long.TryParse(value, out var less) && less < long.Parse(Values[0], System.Globalization.CultureInfo.InvariantCulture),
            };
        }
    }
}
