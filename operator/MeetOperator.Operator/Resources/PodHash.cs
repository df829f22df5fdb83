using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Hash of a Pod as rendered by the operator. Operator versions that render the same Pod give the same hash, whatever fields their pools have, so that only a change of the
/// Pod itself leads to its replacement. Pure.
/// </summary>
internal static class PodHash
{
    /// <summary>16 hex digits over the whole Pod, except its owner and the operator's hash annotations.</summary>
    public static string Of(Pod rendered)
    {
        var pod = JsonSerializer.SerializeToNode(rendered, KubeJson.Options)!.AsObject();
        var metadata = pod["metadata"]!.AsObject();
        metadata.Remove("ownerReferences");
        foreach (var mark in (string[])[MeetAnnotations.PodHash, MeetAnnotations.TemplateHash])
        {
            (metadata["annotations"] as JsonObject)?.Remove(mark);
        }

        var text = Canonical(pod)?.ToJsonString() ?? string.Empty;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    /// <summary>Sorts keys, and removes nulls and empty collections, which mean the same as their absence.</summary>
    private static JsonNode? Canonical(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var entries = map.Select(entry => KeyValuePair.Create(entry.Key, Canonical(entry.Value)))
                    .Where(entry => entry.Value is not null)
                    .OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
                return entries.Length == 0 ? null : new JsonObject(entries);
            case JsonArray list:
                return list.Count == 0 ? null : new JsonArray([.. list.Select(Canonical)]);
            default:
                return node?.DeepClone();
        }
    }
}
