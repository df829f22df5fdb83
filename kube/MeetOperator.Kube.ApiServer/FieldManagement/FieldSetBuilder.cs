using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.FieldManagement;

/// <summary>Builds field sets from objects.</summary>
internal static class FieldSetBuilder
{
    /// <summary>Every field of an object, except fields that have no owner.</summary>
    public static JsonObject Of(JsonObject root, SchemaNode schema)
    {
        var set = new JsonObject();
        foreach (var (name, value) in root)
        {
            AddRootMember(set, name, value, schema);
        }

        return set;
    }

    /// <summary>The fields that are new or have another value, and the fields that were removed.</summary>
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
            set[PathElement.Field(name)] = Collect(value, schema.Member(name), whole: false);
            return;
        }

        var metadata = new JsonObject();
        foreach (var (member, inner) in value as JsonObject ?? [])
        {
            if (!MetadataSchema.IsUnowned(member))
            {
                metadata[PathElement.Field(member)] = Collect(inner, MetadataSchema.Node.Member(member), whole: false);
            }
        }

        if (metadata.Count > 0)
        {
            set[PathElement.Field(name)] = metadata;
        }
    }

    /// <summary>
    /// The fields below a value. For an applied map that the schema declares, only its members are in the set; entries of a free-form map are
    /// in the set themselves. With <paramref name="whole"/>, for fields that an update added or removed, every level is in the set.
    /// </summary>
    private static JsonObject Collect(JsonNode? value, SchemaNode? schema, bool whole)
    {
        var node = new JsonObject();
        if (PathElement.IsGranularMap(value, schema))
        {
            foreach (var (name, member) in (JsonObject)value!)
            {
                var inner = Collect(member, schema?.Member(name), whole);
                node[PathElement.Field(name)] = whole || schema?.Properties.ContainsKey(name) != true ? WithSelf(inner) : inner;
            }
        }
        else if (PathElement.IsKeyedList(value, schema))
        {
            foreach (var item in (JsonArray)value!)
            {
                node[PathElement.Key((JsonObject)item!, schema!)] = WithSelf(Collect(item, schema!.Items, whole));
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

    private static JsonObject CollectWhole(JsonNode? value, SchemaNode? schema) => WithSelf(Collect(value, schema, whole: true));

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
                if (!isRoot || name != "metadata")
                {
                    changed[element] = CollectWhole(value, member);
                    continue;
                }

                before = new JsonObject();
            }

            CompareMember(element, before, value, member, changed, removed, isRoot && name == "metadata");
        }

        foreach (var (name, value) in old)
        {
            if (!current.ContainsKey(name) && !(isMetadata && MetadataSchema.IsUnowned(name)))
            {
                removed[PathElement.Field(name)] = CollectWhole(value, PathElement.Member(schema, name, isRoot));
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
        else if (!JsonNodes.AreEqual(before, after))
        {
            changed[element] = PathElement.IsGranularMap(after, schema) ? CollectWhole(after, schema) : Collect(after, schema, whole: true);
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
                changed[element] = keyed ? CollectWhole(item, schema.Items) : new JsonObject();
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
                removed[element] = keyed ? CollectWhole(item, schema.Items) : new JsonObject();
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
