using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.FieldManagement;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Patch;

/// <summary>
/// Strategic merge patch for the built-in kinds. Lists with a merge key are merged item by item. Supports the directives <c>$patch</c>,
/// <c>$retainKeys</c>, <c>$deleteFromPrimitiveList/…</c>, and <c>$setElementOrder/…</c>.
/// </summary>
internal static class StrategicMergePatch
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeleteFromList = "$deleteFromPrimitiveList/";
    private const string SetOrder = "$setElementOrder/";

    public static JsonObject Apply(JsonObject target, JsonObject patch, SchemaNode schema)
    {
        Merge(target, patch, schema, isRoot: true);
        return target;
    }

    private static void Merge(JsonObject target, JsonObject patch, SchemaNode? schema, bool isRoot = false)
    {
        switch (patch.Text(Directive))
        {
            case "replace":
                target.Clear();
                foreach (var (name, value) in patch.Where(p => p.Key != Directive))
                {
                    target[name] = value?.DeepClone();
                }

                return;
            case "delete":
                target.Clear();
                return;
            case null or "merge":
                break;
            case var other:
                throw StatusErrors.BadRequest($"unknown patch directive $patch: {other}");
        }

        if (patch.Array(RetainKeys) is { } retained)
        {
            var keep = retained.Select(r => r.AsText()).ToHashSet();
            foreach (var name in target.Select(p => p.Key).Where(n => !keep.Contains(n)).ToArray())
            {
                target.Remove(name);
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(DeleteFromList, StringComparison.Ordinal))
            {
                RemoveValues(target.Array(name[DeleteFromList.Length..]), value as JsonArray);
            }
            else if (!name.StartsWith('$'))
            {
                MergeMember(target, name, value, PathElement.Member(schema, name, isRoot));
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(SetOrder, StringComparison.Ordinal) && value is JsonArray order && target.Array(name[SetOrder.Length..]) is { } list)
            {
                Reorder(list, order, PathElement.Member(schema, name[SetOrder.Length..], isRoot));
            }
        }
    }

    private static void MergeMember(JsonObject target, string name, JsonNode? value, SchemaNode? schema)
    {
        switch (value)
        {
            case null:
                target.Remove(name);
                break;
            case JsonObject inner when target[name] is JsonObject existing:
                if (inner.Text(Directive) == "delete")
                {
                    target.Remove(name);
                }
                else
                {
                    Merge(existing, inner, schema);
                }

                break;
            case JsonObject inner:
                var created = new JsonObject();
                Merge(created, inner, schema);
                target[name] = created;
                break;
            case JsonArray items when MergeKey(schema) is { } key:
                var list = target.Array(name) ?? [];
                MergeList(list, items, key, schema!);
                if (list.Parent is null)
                {
                    target[name] = list;
                }

                break;
            case JsonArray items when schema is { ListType: "set" }:
                var set = target.Array(name) is { } known ? (JsonArray)known.DeepClone() : [];
                foreach (var item in items.Where(i => !set.Any(s => JsonNodes.AreEqual(s, i))))
                {
                    set.Add(item?.DeepClone());
                }

                target[name] = set;
                break;
            default:
                target[name] = value.DeepClone();
                break;
        }
    }

    /// <summary>Core kinds declare their merge key; list-maps with one key are merged by that key.</summary>
    private static string? MergeKey(SchemaNode? schema) =>
        schema?.PatchMergeKey ?? (schema is { ListType: "map", ListMapKeys: [var key] } ? key : null);

    private static void MergeList(JsonArray target, JsonArray patch, string key, SchemaNode schema)
    {
        if (patch.OfType<JsonObject>().Any(i => i.Text(Directive) == "replace"))
        {
            target.Clear();
            foreach (var item in patch.OfType<JsonObject>().Where(i => !i.ContainsKey(Directive)))
            {
                target.Add(item.DeepClone());
            }

            return;
        }

        foreach (var node in patch)
        {
            if (node is not JsonObject item || item[key] is not { } wanted)
            {
                throw StatusErrors.BadRequest($"map: {JsonText.ToText(node)} does not contain declared merge key: {key}");
            }

            var existing = target.OfType<JsonObject>().FirstOrDefault(t => JsonNodes.AreEqual(t[key], wanted));
            if (item.Text(Directive) == "delete")
            {
                if (existing is not null)
                {
                    target.Remove(existing);
                }
            }
            else if (existing is not null)
            {
                Merge(existing, item, schema.Items);
            }
            else
            {
                var created = new JsonObject();
                Merge(created, item, schema.Items);
                target.Add(created);
            }
        }
    }

    private static void RemoveValues(JsonArray? target, JsonArray? values)
    {
        if (target is null || values is null)
        {
            return;
        }

        for (var i = target.Count - 1; i >= 0; i--)
        {
            if (values.Any(d => JsonNodes.AreEqual(d, target[i])))
            {
                target.RemoveAt(i);
            }
        }
    }

    /// <summary>Sorts the listed items into the given order. Other items stay behind the listed item that they followed.</summary>
    private static void Reorder(JsonArray list, JsonArray order, SchemaNode? schema)
    {
        var key = MergeKey(schema);
        int Rank(JsonNode? item)
        {
            for (var i = 0; i < order.Count; i++)
            {
                var same = key is null || order[i] is not JsonObject wanted ? JsonNodes.AreEqual(order[i], item) : JsonNodes.AreEqual(wanted[key], (item as JsonObject)?[key]);
                if (same)
                {
                    return i;
                }
            }

            return -1;
        }

        var ranked = new List<(int Rank, int Place, JsonNode? Item)>();
        var last = -1;
        for (var i = 0; i < list.Count; i++)
        {
            var rank = Rank(list[i]);
            last = rank >= 0 ? rank : last;
            ranked.Add((last, rank >= 0 ? 0 : i + 1, list[i]));
        }

        ranked.Sort((a, b) => a.Rank != b.Rank ? a.Rank.CompareTo(b.Rank) : a.Place.CompareTo(b.Place));
        list.Clear();
        foreach (var (_, _, item) in ranked)
        {
            list.Add(item);
        }
    }
}
