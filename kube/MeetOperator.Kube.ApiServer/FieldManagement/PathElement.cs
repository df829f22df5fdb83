using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>Path elements of FieldsV1, and the rules by which a schema addresses values.</summary>
internal static class PathElement
{
    public static string Field(string name) => "f:" + name;

    public static string Key(JsonObject item, SchemaNode list) => "k:" + JsonText.ToText(ListRules.KeyOf(item, list));

    public static string Value(JsonNode? item) => "v:" + JsonText.ToText(item);

    /// <summary>Whether the members of the map are owned individually.</summary>
    public static bool IsGranularMap(JsonNode? value, SchemaNode? schema) => value is JsonObject && schema is not { AtomicMap: true };

    public static bool IsKeyedList(JsonNode? value, SchemaNode? schema) =>
        value is JsonArray list && schema is { ListType: "map" } && list.All(i => i is JsonObject);

    public static bool IsSet(JsonNode? value, SchemaNode? schema) => value is JsonArray && schema is { ListType: "set" };

    /// <summary>The schema of a member. The metadata of the root uses <see cref="MetadataSchema"/>.</summary>
    public static SchemaNode? Member(SchemaNode? schema, string name, bool isRoot) =>
        isRoot && name == "metadata" ? MetadataSchema.Node : schema?.Member(name);

    /// <summary>Items by path element. Of duplicates, the first one is kept.</summary>
    public static Dictionary<string, JsonNode?> Index(JsonArray list, SchemaNode schema)
    {
        var index = new Dictionary<string, JsonNode?>(list.Count, StringComparer.Ordinal);
        foreach (var item in list)
        {
            index.TryAdd(schema.ListType == "map" ? Key((JsonObject)item!, schema) : Value(item), item);
        }

        return index;
    }

    /// <summary>The format used in conflict messages: <c>.name</c> or <c>[key="value"]</c>.</summary>
    public static string Display(string element)
    {
        if (element.StartsWith("f:", StringComparison.Ordinal))
        {
            return "." + element[2..];
        }

        try
        {
            if (element.StartsWith("k:", StringComparison.Ordinal) && JsonText.Parse(element[2..]) is JsonObject key)
            {
                return $"[{string.Join(',', key.Select(k => $"{k.Key}={JsonText.ToText(k.Value)}"))}]";
            }
        }
        catch (JsonException)
        {
            // Clients may write invalid keys into managedFields; they are shown unchanged.
        }

        return $"[={element[2..]}]";
    }
}
