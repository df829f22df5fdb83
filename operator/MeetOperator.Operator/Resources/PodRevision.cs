using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>Whether a media node matches what its pool would create now. Pure.</summary>
internal static class PodRevision
{
    /// <param name="node">The node, whose ports and network mode were chosen at creation.</param>
    /// <param name="pool">The current state of its pool.</param>
    /// <param name="pod">Its Pod; null when there is none, since the next one gets the current template.</param>
    /// <param name="defaults">Image and tracing settings of the installation.</param>
    public static bool IsCurrent(SfuNode node, SfuPool pool, Pod? pod, MediaNodeDefaults defaults)
    {
        var exposure = pool.Spec.Exposure;
        if (node.Spec.HostNetwork != (exposure.Type == ExposureType.HostNetwork) || node.Spec.UdpPorts.Count != exposure.UdpPorts
            || !HasRightTcpPort(node, exposure))
        {
            return false;
        }

        if (pod is null)
        {
            return true;
        }

        var rendered = MediaNodePod.Build(node, pool, defaults, ControlSecret.NameIn(pod) ?? ControlSecret.PlaceholderName);
        return Mark(pod, MeetAnnotations.PodHash) is { } hash
            ? hash == Mark(rendered, MeetAnnotations.PodHash)
            : Mark(pod, MeetAnnotations.TemplateHash) == TemplateHash.Of(pool.Spec, defaults.Image) && IsSubset(Spec(rendered), Spec(pod));
    }

    /// <summary>A node without a TCP port is of a version that knew none, or of a pool that had none. A new default replaces nothing, so it gets one when it is replaced for another reason.</summary>
    private static bool HasRightTcpPort(SfuNode node, SfuExposure exposure) => node.Spec.TcpPort == 0 || node.Spec.TcpPort == SfuNodeObject.TcpPort(exposure, node.Spec.UdpPorts);

    private static string? Mark(Pod pod, string annotation) => pod.Metadata.Annotations?.TryGetValue(annotation, out var value) == true ? value : null;

    /// <summary>Excludes resources, which the template hash covers: the API server normalizes quantities.</summary>
    private static JsonNode Spec(Pod pod)
    {
        var spec = JsonSerializer.SerializeToNode(pod.Spec, KubeJson.Options)!;
        foreach (var container in spec["containers"]!.AsArray())
        {
            container!.AsObject().Remove("resources");
        }

        return spec;
    }

    /// <summary>True when all wanted fields are present. The API server and admission plugins add defaults to the others.</summary>
    private static bool IsSubset(JsonNode? wanted, JsonNode? present) => (wanted, present) switch
    {
        (null, _) => true,
        (JsonObject want, JsonObject have) => want.All(entry => IsSubset(entry.Value, have[entry.Key])),
        (JsonArray want, JsonArray have) => want.All(entry => have.Any(candidate => IsSubset(entry, candidate))),
        _ => JsonNode.DeepEquals(wanted, present),
    };
}
