using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Removes members that the schema does not define, and reports their paths.</summary>
internal static class Pruner
{
    /// <summary>Prunes a whole object except apiVersion, kind, and metadata.</summary>
    public static void PruneObject(JsonObject root, SchemaNode schema, List<string>? unknown) => Prune(root, schema, new ValuePath(), isResource: true, unknown);

    private static void Prune(JsonNode? value, SchemaNode schema, ValuePath path, bool isResource, List<string>? unknown)
    {
        switch (value)
        {
            case JsonObject map:
                List<string>? removed = null;
                foreach (var (name, member) in map)
                {
                    if (isResource && name is "apiVersion" or "kind" or "metadata")
                    {
                        continue;
                    }

                    if (schema.Member(name) is { } known)
                    {
                        // A null that is not nullable counts as absent. If there is a default, defaulting replaces it later.
                        if (member is null && !known.Nullable && !known.HasDefault && known.Type is not null && !ReferenceEquals(known, SchemaNode.Anything))
                        {
                            (removed ??= []).Add(name);
                            continue;
                        }

                        if (member is JsonObject or JsonArray)
                        {
                            path.Push(name);
                            Prune(member, known, path, known.EmbeddedResource, unknown);
                            path.Pop();
                        }
                    }
                    else if (!schema.PreserveUnknownFields)
                    {
                        (removed ??= []).Add(name);
                        unknown?.Add(path.With(name));
                    }
                }

                removed?.ForEach(n => map.Remove(n));
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    path.Push(i);
                    Prune(list[i], items, path, items.EmbeddedResource, unknown);
                    path.Pop();
                }

                break;
        }
    }
}
