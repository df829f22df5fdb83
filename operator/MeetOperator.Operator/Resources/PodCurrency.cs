using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Resources;

/// <summary>Whether a media node is what its pool would make today. Pure.</summary>
internal static class PodCurrency
{
    /// <param name="node">The node, whose ports and network were chosen when it was made.</param>
    /// <param name="pool">Its pool as it is now.</param>
    /// <param name="pod">Its Pod; null when there is none, and the next one is made from the present template.</param>
    /// <param name="operatorImage">Image of media nodes whose pool names none.</param>
    public static bool IsCurrent(SfuNode node, SfuPool pool, Pod? pod, string operatorImage)
    {
        var exposure = pool.Spec.Exposure;
        if (node.Spec.HostNetwork != (exposure.Type == ExposureType.HostNetwork) || node.Spec.UdpPorts.Count != exposure.UdpPorts)
        {
            return false;
        }

        if (pod is null)
        {
            return true;
        }

        var rendered = MediaNodePod.Build(node, pool, operatorImage, ControlSecret.NameIn(pod) ?? ControlSecret.NameOfNone);
        return Mark(pod, MeetAnnotations.PodHash) is { } hash
            ? hash == Mark(rendered, MeetAnnotations.PodHash)
            : Mark(pod, MeetAnnotations.TemplateHash) == TemplateHash.Of(pool.Spec, operatorImage) && Covers(Spec(pod), Spec(rendered));
    }

    private static string? Mark(Pod pod, string annotation) => pod.Metadata.Annotations?.TryGetValue(annotation, out var value) == true ? value : null;

    /// <summary>Without what stands in the template, which its own hash compares: the API server writes quantities in another form.</summary>
    private static JsonNode Spec(Pod pod)
    {
        var spec = JsonSerializer.SerializeToNode(pod.Spec, KubeJson.Options)!;
        foreach (var container in spec["containers"]!.AsArray())
        {
            container!.AsObject().Remove("resources");
        }

        return spec;
    }

    /// <summary>True when all that is wanted is there; an API server and its plug-ins add defaults of their own.</summary>
    private static bool Covers(JsonNode? present, JsonNode? wanted) => (present, wanted) switch
    {
        (_, null) => true,
        (JsonObject have, JsonObject want) => want.All(entry => Covers(have[entry.Key], entry.Value)),
        (JsonArray have, JsonArray want) => want.All(entry => have.Any(candidate => Covers(candidate, entry))),
        _ => JsonNode.DeepEquals(present, wanted),
    };
}
