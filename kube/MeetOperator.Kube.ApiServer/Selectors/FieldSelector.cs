using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Selectors;

/// <summary>A field selector: <c>path=value</c>, <c>path==value</c>, and <c>path!=value</c>, separated by commas.</summary>
internal sealed class FieldSelector
{
    public static readonly FieldSelector Everything = new([]);
    private readonly IReadOnlyList<(string Field, string[] Path, string Value, bool Equal)> _requirements;

    private FieldSelector(IReadOnlyList<(string, string[], string, bool)> requirements) => _requirements = requirements;

    public bool IsEverything => _requirements.Count == 0;

    /// <summary>The required object name, or null if the selector does not restrict it.</summary>
    public string? Name => _requirements.Where(r => r.Field == "metadata.name" && r.Equal).Select(r => r.Value).FirstOrDefault();

    /// <summary>Returns null if the text is a valid selector for the resource, otherwise the error message.</summary>
    public static string? TryParse(string? text, ResourceDefinition resource, out FieldSelector selector)
    {
        selector = Everything;
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        var requirements = new List<(string, string[], string, bool)>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=');
            if (at <= 0)
            {
                return $"invalid selector: '{part}'; can't understand '{part}'";
            }

            var equal = part[at - 1] != '!';
            var field = part[..(equal ? at : at - 1)].Trim();
            var value = part[(at + 1)..];
            if (equal && value.StartsWith('='))
            {
                value = value[1..];
            }

            if (field is not ("metadata.name" or "metadata.namespace") && !resource.SelectableFields.Contains(field))
            {
                return $"field label not supported: {field}";
            }

            requirements.Add((field, field.Split('.'), value.Trim().Replace("\\,", ",", StringComparison.Ordinal), equal));
        }

        selector = new FieldSelector(requirements);
        return null;
    }

    public bool Matches(StoredObject stored)
    {
        foreach (var (field, path, value, equal) in _requirements)
        {
            var actual = field switch
            {
                "metadata.name" => stored.Key.Name,
                "metadata.namespace" => stored.Key.Namespace ?? string.Empty,
                _ => Read(stored.Root, path),
            };
            if (actual == value != equal)
            {
                return false;
            }
        }

        return true;
    }

    private static string Read(JsonObject root, string[] path)
    {
        JsonNode? node = root;
        foreach (var name in path)
        {
            node = node is JsonObject map && map.TryGetPropertyValue(name, out var member) ? member : null;
        }

        // The field "source" of an Event selects by source.component.
        node = node is JsonObject source && path is ["source"] ? source["component"] : node;
        return node switch
        {
            null => string.Empty,
            JsonValue => node.AsText() ?? JsonText.ToText(node),
            _ => string.Empty,
        };
    }
}
