using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Lifecycle;

/// <summary>The Pod spec defaults that the runtime and kubectl rely on.</summary>
internal static class PodDefaults
{
    public static void Apply(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        spec["restartPolicy"] ??= "Always";
        spec["terminationGracePeriodSeconds"] ??= 30L;
        spec["dnsPolicy"] ??= "ClusterFirst";
        spec["schedulerName"] ??= "default-scheduler";
        spec["enableServiceLinks"] ??= true;
        spec["securityContext"] ??= new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["containers", "initContainers"])
        {
            foreach (var container in spec.Array(name)?.OfType<JsonObject>() ?? [])
            {
                Container(container);
            }
        }
    }

    private static void Container(JsonObject container)
    {
        container["imagePullPolicy"] ??= "IfNotPresent";
        container["terminationMessagePath"] ??= "/dev/termination-log";
        container["terminationMessagePolicy"] ??= "File";
        container["resources"] ??= new JsonObject();
        foreach (var port in container.Array("ports")?.OfType<JsonObject>() ?? [])
        {
            port["protocol"] ??= "TCP";
        }

        foreach (var name in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Object(name) is not { } probe)
            {
                continue;
            }

            probe["timeoutSeconds"] ??= 1L;
            probe["periodSeconds"] ??= 10L;
            probe["successThreshold"] ??= 1L;
            probe["failureThreshold"] ??= 3L;
            if (probe.Object("httpGet") is { } get)
            {
                get["scheme"] ??= "HTTP";
                get["path"] ??= "/";
            }
        }
    }
}
