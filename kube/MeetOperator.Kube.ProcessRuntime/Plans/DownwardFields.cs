using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Plans;

/// <summary>Values of the downward API (<c>fieldRef</c>).</summary>
internal static class DownwardFields
{
    public static string Read(Pod pod, PodLocation location, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name ?? string.Empty,
        "metadata.namespace" => pod.Metadata.Namespace ?? string.Empty,
        "metadata.uid" => pod.Metadata.Uid ?? string.Empty,
        "spec.nodeName" => location.NodeName,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
        "status.hostIP" => location.HostIp,
        "status.podIP" or "status.podIPs" => location.PodIp,
        _ => ReadEntry(path, "metadata.labels", pod.Metadata.Labels)
            ?? ReadEntry(path, "metadata.annotations", pod.Metadata.Annotations)
            ?? throw new PodConfigurationException(PodConfigurationException.ConfigError, $"fieldRef.fieldPath \"{path}\" is not supported"),
    };

    // Example: metadata.labels['app.kubernetes.io/name']. An absent entry is an empty string.
    private static string? ReadEntry(string path, string field, IDictionary<string, string>? entries)
    {
        if (!path.StartsWith(field + "['", StringComparison.Ordinal) || !path.EndsWith("']", StringComparison.Ordinal))
        {
            return null;
        }

        var key = path[(field.Length + 2)..^2];
        return entries is not null && entries.TryGetValue(key, out var value) ? value : string.Empty;
    }
}
