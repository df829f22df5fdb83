using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MeetOperator.Kube.Serialization;

/// <summary>Writes JSON as block-style YAML with keys in ordinal order, so that equal input gives equal output everywhere.</summary>
public static partial class YamlWriter
{
    public static string Write(JsonNode node)
    {
        var text = new StringBuilder();
        WriteNode(text, node, 0);
        return text.ToString();
    }

    private static void WriteNode(StringBuilder text, JsonNode? node, int indent)
    {
        if (node is JsonObject { Count: > 0 } map)
        {
            foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append(' ', indent).Append(Text(key)).Append(':');
                WriteValue(text, value, value is JsonArray ? indent : indent + 2);
            }
        }
        else if (node is JsonArray { Count: > 0 } list)
        {
            foreach (var item in list)
            {
                WriteItem(text, item, indent);
            }
        }
        else
        {
            text.Append(Scalar(node)).Append('\n');
        }
    }

    private static void WriteItem(StringBuilder text, JsonNode? item, int indent)
    {
        if (item is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            // The first line of the item follows its dash on the same line.
            var inner = new StringBuilder();
            WriteNode(inner, item, indent + 2);
            text.Append(' ', indent).Append("- ").Append(inner, indent + 2, inner.Length - indent - 2);
        }
        else
        {
            text.Append(' ', indent).Append("- ").Append(Scalar(item)).Append('\n');
        }
    }

    private static void WriteValue(StringBuilder text, JsonNode? value, int indent)
    {
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            text.Append('\n');
            WriteNode(text, value, indent);
        }
        else
        {
            text.Append(' ').Append(Scalar(value)).Append('\n');
        }
    }

    private static string Scalar(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Text(node.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    /// <summary>A plain scalar if every YAML parser reads it as the same string, otherwise a double-quoted one.</summary>
    private static string Text(string value)
    {
        var plain = Plain().IsMatch(value)
            && !value.EndsWith(' ')
            && !value.EndsWith(':')
            && !value.Contains(": ", StringComparison.Ordinal)
            && !value.Contains(" #", StringComparison.Ordinal)
            && !Reserved().IsMatch(value)
            && !double.TryParse(value, NumberStyles.Any, CultureInfo.InvariantCulture, out _);
        return plain ? value : JsonSerializer.Serialize(value, KubeJson.Options);
    }

    [GeneratedRegex(@"^[A-Za-z/_.$^(][^\p{C}\u2028\u2029\u0085\uFEFF]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex("^(y|n|yes|no|on|off|true|false|null|~|\\.inf|\\.nan)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reserved();
}
