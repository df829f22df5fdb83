using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Client.Requests;

/// <summary>Builds the body of a server-side apply, with only the fields that the caller may own.</summary>
internal static class ApplyBody
{
    /// <summary>Server-owned fields. Applying them would claim ownership or cause an error.</summary>
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

    /// <summary>Adds the required fields of an apply: apiVersion, kind, name, and namespace.</summary>
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
