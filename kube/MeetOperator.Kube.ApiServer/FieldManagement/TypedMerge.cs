using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>Merges an applied configuration into a live object: list-maps by key, sets by value.</summary>
internal static class TypedMerge
{
    /// <summary>Changes <paramref name="live"/> in place.</summary>
    public static void Merge(JsonObject live, JsonObject applied, SchemaNode? schema, bool isRoot)
    {
        foreach (var (name, value) in applied)
        {
            var member = PathElement.Member(schema, name, isRoot);
            var existing = live[name];
            if (PathElement.IsGranularMap(value, member) && existing is JsonObject map)
            {
                Merge(map, (JsonObject)value!, member, isRoot: false);
            }
            else if (PathElement.IsKeyedList(value, member) && existing is JsonArray list && PathElement.IsKeyedList(list, member))
            {
                MergeKeyed(list, (JsonArray)value!, member!);
            }
            else if (PathElement.IsSet(value, member) && existing is JsonArray set)
            {
                MergeSet(set, (JsonArray)value!);
            }
            else
            {
                live[name] = value?.DeepClone();
            }
        }
    }

    /// <summary>
    /// Removes the fields that are in <paramref name="before"/> (the manager's previous set) but neither in <paramref name="now"/> (its new set)
    /// nor in the set of another manager. Changes <paramref name="value"/> in place.
    /// </summary>
    public static void Prune(JsonNode value, JsonObject before, JsonObject? now, IReadOnlyList<JsonObject> others, SchemaNode? schema, bool isRoot)
    {
        foreach (var (element, node) in before)
        {
            if (element == FieldSet.Self || Find(value, element, schema) is not { } found)
            {
                continue;
            }

            var inBefore = (JsonObject)node!;
            var inNow = now?[element] as JsonObject;
            var inOthers = others.Select(o => o[element]).OfType<JsonObject>().ToList();
            if (inNow is null && inOthers.Count == 0 && FieldSet.IsMember(inBefore))
            {
                found.Remove();
            }
            else if (found.Value is JsonObject or JsonArray)
            {
                Prune(found.Value, inBefore, inNow, inOthers, found.Schema(isRoot), isRoot: false);
                if (inNow is null && inOthers.Count == 0 && found.Value is JsonObject { Count: 0 } or JsonArray { Count: 0 })
                {
                    found.Remove(); // No manager owns the empty value.
                }
            }
        }
    }

    private static void MergeKeyed(JsonArray live, JsonArray applied, SchemaNode schema)
    {
        var index = PathElement.Index(live, schema);
        foreach (var item in applied.OfType<JsonObject>())
        {
            if (index.TryGetValue(PathElement.Key(item, schema), out var known) && !(schema.Items?.AtomicMap ?? false))
            {
                Merge((JsonObject)known!, item, schema.Items, isRoot: false);
            }
            else if (known is not null)
            {
                live[live.IndexOf(known)] = item.DeepClone();
            }
            else
            {
                live.Add(item.DeepClone());
            }
        }
    }

    private static void MergeSet(JsonArray live, JsonArray applied)
    {
        foreach (var item in applied)
        {
            if (!live.Any(l => JsonNodes.AreEqual(l, item)))
            {
                live.Add(item?.DeepClone());
            }
        }
    }

    private static FoundValue? Find(JsonNode value, string element, SchemaNode? schema)
    {
        if (value is JsonObject map && element.StartsWith("f:", StringComparison.Ordinal))
        {
            var name = element[2..];
            return map.TryGetPropertyValue(name, out var member)
                ? new FoundValue(member, () => map.Remove(name), isRoot => PathElement.Member(schema, name, isRoot))
                : null;
        }

        if (value is JsonArray list && schema is { ListType: "map" or "set" })
        {
            for (var i = 0; i < list.Count; i++)
            {
                var at = i;
                var name = schema.ListType == "set" ? PathElement.Value(list[i]) : list[i] is JsonObject item ? PathElement.Key(item, schema) : string.Empty;
                if (name == element)
                {
                    return new FoundValue(list[i], () => list.RemoveAt(at), _ => schema.Items);
                }
            }
        }

        return null;
    }

    private sealed record FoundValue(JsonNode? Value, Action Remove, Func<bool, SchemaNode?> Schema);
}
