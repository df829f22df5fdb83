using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Apply;

/// <summary>Makes field sets from objects.</summary>
internal static class FieldSetBuilder
{
    /// <summary>Every field of an object, but for what nobody owns.</summary>
    public static JsonObject Of(JsonObject root, SchemaNode schema)
    {
        var set = new JsonObject();
        foreach (var (name, value) in root)
        {
            AddRootMember(set, name, value, schema);
        }

        return set;
    }

    /// <summary>What differs: fields that are new or have another value, and fields that are gone.</summary>
    public static (JsonObject Changed, JsonObject Removed) Compare(JsonObject old, JsonObject root, SchemaNode schema)
    {
        var changed = new JsonObject();
        var removed = new JsonObject();
        CompareMaps(old, root, schema, changed, removed, isRoot: true, isMetadata: false);
        return (changed, removed);
    }

    private static void AddRootMember(JsonObject set, string name, JsonNode? value, SchemaNode schema)
    {
        if (name is "apiVersion" or "kind")
        {
            return;
        }

        if (name != "metadata")
        {
            set[PathElement.Field(name)] = Collect(value, schema.Member(name));
            return;
        }

        var metadata = new JsonObject();
        foreach (var (member, inner) in value as JsonObject ?? [])
        {
            if (!MetadataSchema.IsUnowned(member))
            {
                metadata[PathElement.Field(member)] = Collect(inner, MetadataSchema.Node.Member(member));
            }
        }

        if (metadata.Count > 0)
        {
            set[PathElement.Field(name)] = metadata;
        }
    }

    private static JsonObject Collect(JsonNode? value, SchemaNode? schema)
    {
        var node = new JsonObject();
        if (PathElement.IsGranularMap(value, schema))
        {
            foreach (var (name, member) in (JsonObject)value!)
            {
                node[PathElement.Field(name)] = Collect(member, schema?.Member(name));
            }
        }
        else if (PathElement.IsKeyedList(value, schema))
        {
            foreach (var item in (JsonArray)value!)
            {
                node[PathElement.Key((JsonObject)item!, schema!)] = CollectItem(item, schema!);
            }
        }
        else if (PathElement.IsSet(value, schema))
        {
            foreach (var item in (JsonArray)value!)
            {
                node[PathElement.Value(item)] = new JsonObject();
            }
        }

        return node;
    }

    private static JsonObject CollectItem(JsonNode? item, SchemaNode list)
    {
        var children = Collect(item, list.Items);
        if (children.Count > 0)
        {
            children.Insert(0, FieldSet.Self, new JsonObject());
        }

        return children;
    }

    private static void CompareMaps(JsonObject old, JsonObject current, SchemaNode? schema, JsonObject changed, JsonObject removed, bool isRoot, bool isMetadata)
    {
        foreach (var (name, value) in current)
        {
            if ((isRoot && name is "apiVersion" or "kind") || (isMetadata && MetadataSchema.IsUnowned(name)))
            {
                continue;
            }

            var element = PathElement.Field(name);
            var member = PathElement.Member(schema, name, isRoot);
            if (!old.TryGetPropertyValue(name, out var before))
            {
                changed[element] = isRoot && name == "metadata" ? [] : Collect(value, member);
                continue;
            }

            CompareMember(element, before, value, member, changed, removed, isRoot && name == "metadata");
        }

        foreach (var (name, value) in old)
        {
            if (!current.ContainsKey(name) && !(isMetadata && MetadataSchema.IsUnowned(name)))
            {
                var gone = Collect(value, PathElement.Member(schema, name, isRoot));
                removed[PathElement.Field(name)] = WithSelf(gone);
            }
        }
    }

    private static void CompareMember(string element, JsonNode? before, JsonNode? after, SchemaNode? schema, JsonObject changed, JsonObject removed, bool isMetadata)
    {
        var inChanged = new JsonObject();
        var inRemoved = new JsonObject();
        if (PathElement.IsGranularMap(after, schema) && before is JsonObject oldMap)
        {
            CompareMaps(oldMap, (JsonObject)after!, schema, inChanged, inRemoved, isRoot: false, isMetadata);
        }
        else if ((PathElement.IsKeyedList(after, schema) && PathElement.IsKeyedList(before, schema)) || (PathElement.IsSet(after, schema) && before is JsonArray))
        {
            CompareLists((JsonArray)before!, (JsonArray)after!, schema!, inChanged, inRemoved);
        }
        else if (!JsonNodes.Same(before, after))
        {
            changed[element] = Collect(after, schema);
            return;
        }

        if (inChanged.Count > 0)
        {
            changed[element] = inChanged;
        }

        if (inRemoved.Count > 0)
        {
            removed[element] = inRemoved;
        }
    }

    private static void CompareLists(JsonArray old, JsonArray current, SchemaNode schema, JsonObject changed, JsonObject removed)
    {
        var before = PathElement.Index(old, schema);
        var after = PathElement.Index(current, schema);
        var keyed = schema.ListType == "map";
        foreach (var (element, item) in after)
        {
            if (!before.TryGetValue(element, out var known))
            {
                changed[element] = keyed ? CollectItem(item, schema) : new JsonObject();
            }
            else if (keyed)
            {
                CompareMember(element, known, item, schema.Items, changed, removed, isMetadata: false);
            }
        }

        foreach (var (element, item) in before)
        {
            if (!after.ContainsKey(element))
            {
                removed[element] = keyed ? CollectItem(item, schema) : new JsonObject();
            }
        }
    }

    private static JsonObject WithSelf(JsonObject node)
    {
        if (node.Count > 0 && !node.ContainsKey(FieldSet.Self))
        {
            node.Insert(0, FieldSet.Self, new JsonObject());
        }

        return node;
    }
}
