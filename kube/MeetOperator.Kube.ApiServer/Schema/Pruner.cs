using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>Removes members that the schema does not know, and names them.</summary>
internal static class Pruner
{
    /// <summary>Prunes a whole object; apiVersion, kind and metadata always stay.</summary>
    public static void PruneObject(JsonObject root, SchemaNode schema, List<string>? unknown) => Prune(root, schema, string.Empty, isResource: true, unknown);

    private static void Prune(JsonNode? value, SchemaNode schema, string path, bool isResource, List<string>? unknown)
    {
        switch (value)
        {
            case JsonObject map:
                List<string>? doomed = null;
                foreach (var (name, member) in map)
                {
                    if (isResource && name is "apiVersion" or "kind" or "metadata")
                    {
                        continue;
                    }

                    var child = path.Length == 0 ? name : $"{path}.{name}";
                    if (schema.Member(name) is { } known)
                    {
                        // A null that may not be one counts as absent; defaulting replaces it where there is a default.
                        if (member is null && !known.Nullable && !known.HasDefault && known.Type is not null && !ReferenceEquals(known, SchemaNode.Anything))
                        {
                            (doomed ??= []).Add(name);
                            continue;
                        }

                        Prune(member, known, child, known.EmbeddedResource, unknown);
                    }
                    else if (!schema.PreserveUnknownFields)
                    {
                        (doomed ??= []).Add(name);
                        unknown?.Add(child);
                    }
                }

                doomed?.ForEach(n => map.Remove(n));
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Prune(list[i], items, $"{path}[{i}]", items.EmbeddedResource, unknown);
                }

                break;
        }
    }
}
