using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>
/// Checks that a schema is structural: every value has a type, lists have items, the keys of list-maps are required or have a default, and
/// defaults are valid.
/// </summary>
internal static class StructuralRules
{
    public static List<Cause> Check(JsonObject schema, string path)
    {
        var causes = new List<Cause>();
        Walk(schema, path, "object root", causes, isRoot: true);
        return causes;
    }

    private static void Walk(JsonObject schema, string path, string location, List<Cause> causes, bool isRoot = false)
    {
        var type = schema.Text("type");
        if (string.IsNullOrEmpty(type) && !schema.Flag("x-kubernetes-int-or-string") && !schema.Flag("x-kubernetes-preserve-unknown-fields"))
        {
            causes.Add(Cause.Required($"{path}.type", $"must not be empty for specified {location}"));
        }

        if (schema.ContainsKey("properties") && schema["additionalProperties"] is JsonObject)
        {
            causes.Add(Cause.Forbidden($"{path}.additionalProperties", "must not be used together with properties"));
        }

        if (type == "array" && schema["items"] is not JsonObject)
        {
            causes.Add(Cause.Required($"{path}.items", "must be specified"));
        }

        CheckListMap(schema, path, causes);
        if (!isRoot && schema.TryGetPropertyValue("default", out var value))
        {
            CheckDefault(schema, value, $"{path}.default", causes);
        }

        foreach (var (name, property) in schema.Object("properties") ?? [])
        {
            if (property is JsonObject inner && !(isRoot && name is "metadata" or "apiVersion" or "kind"))
            {
                Walk(inner, $"{path}.properties[{name}]", "object fields", causes);
            }
        }

        if (schema["additionalProperties"] is JsonObject values)
        {
            Walk(values, $"{path}.additionalProperties", "object fields", causes);
        }

        if (schema["items"] is JsonObject items)
        {
            Walk(items, $"{path}.items", "array items", causes);
        }
    }

    private static void CheckListMap(JsonObject schema, string path, List<Cause> causes)
    {
        if (schema.Text("x-kubernetes-list-type") != "map" || schema.Object("items") is not { } items)
        {
            return;
        }

        var required = (items.Array("required") ?? []).Select(r => r.AsText()).ToHashSet();
        foreach (var key in (schema.Array("x-kubernetes-list-map-keys") ?? []).Select(k => k.AsText()).OfType<string>())
        {
            if (!required.Contains(key) && items.Object("properties").Object(key)?.ContainsKey("default") != true)
            {
                causes.Add(Cause.Required($"{path}.items.properties[{key}].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"));
            }
        }
    }

    private static void CheckDefault(JsonObject schema, JsonNode? value, string path, List<Cause> causes)
    {
        var node = new SchemaReader([]).Read(schema, string.Empty);
        var holder = new JsonObject { ["default"] = value?.DeepClone() };
        var parent = new SchemaNode { Type = "object", Properties = new Dictionary<string, SchemaNode> { ["default"] = node } };
        Defaulter.Apply(holder["default"], node);
        foreach (var cause in SchemaValidator.Validate(holder, parent))
        {
            causes.Add(cause with { Field = path + (cause.Field.StartsWith("default", StringComparison.Ordinal) ? cause.Field["default".Length..] : string.Empty) });
        }
    }
}
