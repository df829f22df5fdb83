using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.FieldManagement;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>Finds the fields that an apply would change although another manager owns them.</summary>
internal static class ApplyConflicts
{
    /// <summary>The conflicting paths, as a field set and as text.</summary>
    public static (JsonObject Set, List<string> Paths) Find(JsonObject applied, JsonObject live, JsonObject appliedSet, JsonObject ownedByOther, SchemaNode schema)
    {
        var paths = new List<string>();
        var set = Walk(applied, live, appliedSet, ownedByOther, schema, isRoot: true, string.Empty, paths);
        return (set, paths);
    }

    public static StatusException ToException(IReadOnlyList<(ManagedFieldsEntry Owner, List<string> Paths)> conflicts)
    {
        var causes = new JsonArray();
        var count = conflicts.Sum(c => c.Paths.Count);
        var lines = new List<string>();
        foreach (var (owner, paths) in conflicts)
        {
            var name = Describe(owner);
            foreach (var path in paths)
            {
                causes.Add(new JsonObject { ["reason"] = "FieldManagerConflict", ["message"] = $"conflict with {name}", ["field"] = path });
            }

            lines.Add(count == 1 ? $"conflict with {name}: {paths[0]}" : $"conflicts with {name}:\n{string.Join('\n', paths.Select(p => "- " + p))}");
        }

        var message = $"Apply failed with {count} conflict{(count == 1 ? string.Empty : "s")}: {string.Join('\n', lines)}";
        return new StatusException(409, "Conflict", message, new JsonObject { ["causes"] = causes });
    }

    private static string Describe(ManagedFieldsEntry owner)
    {
        var text = $"\"{owner.Manager}\"";
        if (owner.Subresource.Length > 0)
        {
            text += $" with subresource \"{owner.Subresource}\"";
        }

        return owner.Operation == "Update" ? $"{text} using {owner.ApiVersion}" : text;
    }

    private static JsonObject Walk(JsonNode? applied, JsonNode? live, JsonObject appliedSet, JsonObject other, SchemaNode? schema, bool isRoot, string path, List<string> paths)
    {
        var result = new JsonObject();
        foreach (var (element, node) in appliedSet)
        {
            if (element == FieldSet.Self || other[element] is not JsonObject owned)
            {
                continue;
            }

            var mine = (JsonObject)node!;
            var (wanted, next) = Child(applied, element, schema, isRoot);
            var (present, _) = Child(live, element, schema, isRoot);
            var shown = path + PathElement.Display(element);
            if (wanted is JsonObject { Count: 0 } && PathElement.IsGranularMap(present, next))
            {
                continue; // Merging an empty map changes nothing.
            }

            if (mine.Count == 0 && FieldSet.IsMember(owned))
            {
                if (!JsonNodes.AreEqual(wanted, present))
                {
                    result[element] = new JsonObject();
                    paths.Add(shown);
                }
            }
            else if (owned.Count == 0 && !JsonNodes.AreEqual(wanted, present) && present is not (JsonObject or JsonArray))
            {
                result[element] = new JsonObject();
                paths.Add(shown);
            }
            else if (Walk(wanted, present, mine, owned, next, isRoot: false, shown, paths) is { Count: > 0 } inner)
            {
                result[element] = inner;
            }
        }

        return result;
    }

    private static (JsonNode? Value, SchemaNode? Schema) Child(JsonNode? value, string element, SchemaNode? schema, bool isRoot)
    {
        if (element.StartsWith("f:", StringComparison.Ordinal))
        {
            var name = element[2..];
            return ((value as JsonObject)?[name], PathElement.Member(schema, name, isRoot));
        }

        return value is JsonArray list && schema is not null && (PathElement.IsKeyedList(list, schema) || PathElement.IsSet(list, schema))
            ? (PathElement.Index(list, schema).GetValueOrDefault(element), schema.Items)
            : (null, schema?.Items);
    }
}
