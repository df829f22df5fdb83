using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What a Pod may not ask of this runtime. Saying so is better than running half of it.</summary>
internal static class PodSupport
{
    /// <summary>Null when the Pod can run here, else what it asks for that is not there.</summary>
    public static string? Missing(PodSpec spec)
    {
        if (spec.InitContainers is { Count: > 0 })
        {
            return "spec.initContainers: a local process has no init containers";
        }

        foreach (var container in spec.Containers)
        {
            if (container.Lifecycle is { PreStop: not null } or { PostStart: not null })
            {
                return $"spec.containers[{container.Name}].lifecycle: hooks are not run here";
            }

            foreach (var (name, probe) in new[] { ("startupProbe", container.StartupProbe), ("livenessProbe", container.LivenessProbe), ("readinessProbe", container.ReadinessProbe) })
            {
                if (probe is { HttpGet: null, TcpSocket: null, Exec: null })
                {
                    return $"spec.containers[{container.Name}].{name}: use httpGet, tcpSocket or exec";
                }
            }
        }

        return null;
    }
}
