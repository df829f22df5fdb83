using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client;

/// <summary>What a server-side apply sends: only fields that the caller may own.</summary>
internal static class ApplyBody
{
    /// <summary>Fields that the server writes; sending them back would claim them, or is refused.</summary>
    private static readonly string[] ServerFields =
        ["managedFields", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "generateName"];

    public static JsonObject From<T>(T item, ApplyOptions options)
        where T : KubernetesObject
    {
        var body = JsonSerializer.SerializeToNode(item, KubeJson.Options)!.AsObject();
        if (options.Subresource == "status")
        {
            body.Remove("spec");
        }
        else
        {
            body.Remove("status");
        }

        if (body["metadata"] is JsonObject metadata)
        {
            foreach (var field in ServerFields)
            {
                metadata.Remove(field);
            }
        }

        return body;
    }

    /// <summary>Adds what every apply must carry: apiVersion, kind and the name of the path.</summary>
    public static JsonObject Complete(JsonObject body, KubernetesEntityAttribute entity, NamespacedName key)
    {
        body["apiVersion"] ??= entity.ApiVersion;
        body["kind"] ??= entity.Kind;
        if (body["metadata"] is not JsonObject metadata)
        {
            body["metadata"] = metadata = [];
        }

        metadata["name"] ??= key.Name;
        if (!string.IsNullOrEmpty(key.Namespace))
        {
            metadata["namespace"] ??= key.Namespace;
        }

        return body;
    }
}
