using System.Globalization;
using System.Text.Json.Nodes;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>Reads JSON by paths such as <c>spec.ports[0].name</c>.</summary>
internal static class JsonPaths
{
    public static JsonNode? At(this JsonNode? node, string path)
    {
        foreach (var step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            node = step[0] == '['
                ? node is JsonArray list && int.Parse(step[1..^1], CultureInfo.InvariantCulture) is var at && at < list.Count ? list[at] : null
                : node is JsonObject map && map.TryGetPropertyValue(step, out var member) ? member : null;
        }

        return node;
    }

    public static string? TextAt(this JsonNode? node, string path) => node.At(path) is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? NumberAt(this JsonNode? node, string path) => node.At(path) is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    /// <summary>Compact JSON text for comparisons with literals; the text <c>null</c> for a missing value.</summary>
    public static string Json(this JsonNode? node) => node?.ToJsonString(Plain) ?? "null";

    /// <summary>Compact JSON text with sorted members.</summary>
    public static string Sorted(this JsonNode? node) => Order(node).Json();

    private static JsonNode? Order(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Order(m.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Order)]),
        _ => node?.DeepClone(),
    };

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
