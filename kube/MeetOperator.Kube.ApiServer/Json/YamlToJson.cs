using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace MeetOperator.Kube.ApiServer.Json;

/// <summary>Converts YAML to JSON nodes with the typing of sigs.k8s.io/yaml: plain scalars become null, booleans, or numbers; quoted scalars stay text.</summary>
public static partial class YamlToJson
{
    /// <summary>Maximum number of nodes after alias expansion; limits "billion laughs" documents.</summary>
    private const int MaxNodes = 500_000;

    /// <summary>All documents except empty ones. Throws <see cref="JsonException"/> with the line number if the text is not valid YAML.</summary>
    public static IReadOnlyList<JsonNode> Documents(string yaml)
    {
        CheckDepth(yaml);
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            var budget = MaxNodes;
            return [.. stream.Documents.Select(d => Convert(d.RootNode, 0, ref budget)).OfType<JsonNode>()];
        }
        catch (YamlException e)
        {
            throw new JsonException($"yaml: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new JsonException($"yaml: {e.Message}", e);
        }
    }

    /// <summary>The only document, which must be a mapping.</summary>
    public static JsonObject Object(string yaml) =>
        Documents(yaml) is [JsonObject root] ? root : throw new JsonException("yaml: expected one document that is a mapping");

    /// <summary>Limits the nesting before YamlDotNet composes the document recursively.</summary>
    private static void CheckDepth(string yaml)
    {
        try
        {
            var scanner = new Parser(new StringReader(yaml));
            var depth = 0;
            while (scanner.MoveNext())
            {
                depth += scanner.Current?.NestingIncrease ?? 0;
                if (depth > JsonText.MaxDepth)
                {
                    throw new JsonException("yaml: nested too deeply");
                }
            }
        }
        catch (YamlException e)
        {
            throw new JsonException($"yaml: line {e.Start.Line}: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static JsonNode? Convert(YamlNode node, int depth, ref int budget)
    {
        if (depth > JsonText.MaxDepth || --budget < 0)
        {
            throw new JsonException("yaml: too large once aliases are expanded");
        }

        switch (node)
        {
            case YamlMappingNode mapping:
                var map = new JsonObject();
                foreach (var (key, value) in mapping.Children)
                {
                    if (key is not YamlScalarNode name)
                    {
                        throw new JsonException("yaml: a mapping key must be a scalar");
                    }

                    if (!map.TryAdd(name.Value ?? string.Empty, Convert(value, depth + 1, ref budget)))
                    {
                        throw new JsonException($"yaml: key \"{name.Value}\" already set in map");
                    }
                }

                return map;
            case YamlSequenceNode sequence:
                var list = new JsonArray();
                foreach (var item in sequence.Children)
                {
                    list.Add(Convert(item, depth + 1, ref budget));
                }

                return list;
            case YamlScalarNode scalar:
                return Scalar(scalar);
            default:
                throw new JsonException("yaml: unknown node");
        }
    }

    private static JsonNode? Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? string.Empty;
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return JsonValue.Create(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "true" or "True" or "TRUE" or "on" or "On" or "ON" or "yes" or "Yes" or "YES":
                return JsonValue.Create(true);
            case "n" or "N" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF" or "no" or "No" or "NO":
                return JsonValue.Create(false);
        }

        var digits = text.Replace("_", string.Empty, StringComparison.Ordinal);
        if (Integer().IsMatch(digits) && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer))
        {
            return JsonValue.Create(integer);
        }

        if (Hexadecimal().IsMatch(digits) && long.TryParse(digits.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hex))
        {
            return JsonValue.Create(hex);
        }

        if (Octal().IsMatch(digits))
        {
            return JsonValue.Create(System.Convert.ToInt64(digits.TrimStart('0', 'o'), 8));
        }

        return Number().IsMatch(digits) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    [GeneratedRegex(@"\A[-+]?(0|[1-9][0-9]*)\z")]
    private static partial Regex Integer();

    [GeneratedRegex(@"\A0x[0-9a-fA-F]{1,15}\z")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"\A0o?[0-7]{1,20}\z")]
    private static partial Regex Octal();

    [GeneratedRegex(@"\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();
}
