using System.Globalization;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Json;

/// <summary>
/// The JSON paths of printer columns: <c>.a.b</c>, <c>['a']</c>, <c>[0]</c>, <c>[*]</c> and <c>[?(@.type=="Ready")]</c>.
/// Any other syntax selects nothing.
/// </summary>
internal sealed class KubePath
{
    private readonly List<Func<JsonNode?, IEnumerable<JsonNode?>>> _steps = [];

    public KubePath(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            if (text[at] == '.')
            {
                at++;
                var start = at;
                while (at < text.Length && text[at] is not ('.' or '['))
                {
                    at += text[at] == '\\' && at + 1 < text.Length ? 2 : 1;
                }

                if (at > start)
                {
                    var name = text[start..at].Replace("\\", string.Empty, StringComparison.Ordinal);
                    _steps.Add(name == "*" ? All : node => Member(node, name));
                }
            }
            else if (text[at] == '[')
            {
                var end = End(text, at);
                _steps.Add(Bracket(text[(at + 1)..end]));
                at = end + 1;
            }
            else
            {
                _steps.Add(_ => []);
                break;
            }
        }
    }

    public IReadOnlyList<JsonNode?> Select(JsonNode root)
    {
        IEnumerable<JsonNode?> nodes = [root];
        foreach (var step in _steps)
        {
            nodes = nodes.SelectMany(step);
        }

        return [.. nodes];
    }

    private static int End(string text, int open)
    {
        var quoted = false;
        for (var i = open + 1; i < text.Length; i++)
        {
            quoted ^= text[i] is '"' or '\'';
            if (text[i] == ']' && !quoted)
            {
                return i;
            }
        }

        return text.Length - 1 < open + 1 ? open + 1 : text.Length - 1;
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Bracket(string inner)
    {
        inner = inner.Trim();
        if (inner == "*")
        {
            return All;
        }

        if (int.TryParse(inner, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            return node => node is JsonArray list && (index < 0 ? list.Count + index : index) is var at && at >= 0 && at < list.Count ? [list[at]] : [];
        }

        if (inner is ['\'' or '"', .., '\'' or '"'])
        {
            var name = inner[1..^1];
            return node => Member(node, name);
        }

        return inner.StartsWith("?(", StringComparison.Ordinal) && inner.EndsWith(')') ? Filter(inner[2..^1]) : _ => [];
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Filter(string condition)
    {
        var equal = condition.IndexOf("==", StringComparison.Ordinal);
        var unequal = condition.IndexOf("!=", StringComparison.Ordinal);
        var at = equal >= 0 ? equal : unequal;
        if (at < 0 || !condition.TrimStart().StartsWith('@'))
        {
            return _ => [];
        }

        var path = new KubePath(condition[..at].Trim()[1..]);
        var value = condition[(at + 2)..].Trim().Trim('"', '\'');
        return node => node is JsonArray list
            ? list.Where(i => i is not null && (path.Select(i).Any(v => Text(v) == value) == (equal >= 0)))
            : [];
    }

    private static IEnumerable<JsonNode?> All(JsonNode? node) => node switch
    {
        JsonArray list => list,
        JsonObject map => map.Select(m => m.Value),
        _ => [],
    };

    private static IEnumerable<JsonNode?> Member(JsonNode? node, string name) =>
        node is JsonObject map && map.TryGetPropertyValue(name, out var value) ? [value] : [];

    private static string Text(JsonNode? value) => value.AsText() ?? JsonText.ToText(value);
}
