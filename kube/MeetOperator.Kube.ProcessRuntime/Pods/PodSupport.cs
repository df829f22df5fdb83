using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>Finds Pod features that this runtime does not support. Such Pods are rejected instead of being run incompletely.</summary>
internal static class PodSupport
{
    /// <summary>Returns null if the Pod can run, otherwise a description of the unsupported feature.</summary>
    public static string? FindUnsupported(PodSpec spec)
    {
        if (spec.InitContainers is { Count: > 0 })
        {
            return "spec.initContainers: init containers are not supported";
        }

        foreach (var container in spec.Containers)
        {
            if (container.Lifecycle is { PreStop: not null } or { PostStart: not null })
            {
                return $"spec.containers[{container.Name}].lifecycle: hooks are not supported";
            }

            foreach (var (name, probe) in new[] { ("startupProbe", container.StartupProbe), ("livenessProbe", container.LivenessProbe), ("readinessProbe", container.ReadinessProbe) })
            {
                if (probe is { HttpGet: null, TcpSocket: null, Exec: null })
                {
                    return $"spec.containers[{container.Name}].{name}: only httpGet, tcpSocket, and exec are supported";
                }
            }
        }

        return null;
    }
}
