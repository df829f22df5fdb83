using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Builds the Pod of one media node: the restricted Pod security profile except for its host ports, hostPort equal to containerPort, no cluster credentials. It has no owner,
/// because foreground deletion would delete it before its meetings have moved. The operator deletes it once its node is empty.
/// </summary>
internal static class MediaNodePod
{
    /// <summary>
    /// Seconds between SIGTERM and SIGKILL: meetings go on for up to 25 s, and a process in which a loop stands still needs up to 10 s more to end. Meetings move before a Pod is deleted,
    /// so this is only a fallback.
    /// </summary>
    private const int GraceSeconds = 40;

    /// <summary>User and group of the process; an arbitrary non-root ID.</summary>
    private const int UserId = 65532;
    private const string ControlPortName = "control";

    public const string TcpPortName = "media-tcp";

    /// <param name="node">The node that the Pod runs.</param>
    /// <param name="pool">The node's pool.</param>
    /// <param name="defaults">Image and tracing settings of the installation.</param>
    /// <param name="secret">Name of the Secret that is created for this Pod.</param>
    public static Pod Build(SfuNode node, SfuPool pool, MediaNodeDefaults defaults, string secret)
    {
        var pod = Render(node, pool, defaults, secret);
        pod.Metadata.Annotations![MeetAnnotations.PodHash] = PodHash.Of(Render(node, pool, defaults, ControlSecret.PlaceholderName)); // Each Pod has its own Secret name, which must not affect the hash.
        pod.Metadata.Annotations[MeetAnnotations.TemplateHash] = TemplateHash.Of(pool.Spec, defaults.Image);
        return pod;
    }

    /// <summary>The TCP port of the control API in such a Pod, or null if it names none.</summary>
    public static int? FindControlPort(Pod pod) => pod.Spec?.Containers?.SelectMany(static container => container.Ports ?? []).FirstOrDefault(static port => port.Name == ControlPortName)?.Port;

    private static Pod Render(SfuNode node, SfuPool pool, MediaNodeDefaults defaults, string secret)
    {
        var template = pool.Spec.Template;
        return new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = node.Metadata.Name,
                Namespace = node.Metadata.Namespace,
                Labels = Merge(template.Labels, NodeLabels.Of(node)),
                Annotations = Merge(template.Annotations, []),
            },
            Spec = new PodSpec
            {
                Containers = [Container(node, pool, defaults, secret)],
                RestartPolicy = "Always",
                TerminationGracePeriodSeconds = GraceSeconds,
                AutomountServiceAccountToken = false,
                EnableServiceLinks = false,
                HostNetwork = node.Spec.HostNetwork ? true : null,
                DnsPolicy = node.Spec.HostNetwork ? "ClusterFirstWithHostNet" : null,
                PriorityClassName = template.PriorityClassName,
                NodeSelector = template.NodeSelector.Count == 0 ? null : template.NodeSelector.ToDictionary(StringComparer.Ordinal),
                Tolerations = template.Tolerations.Count == 0 ? null : [.. template.Tolerations.Select(Toleration)],
                SecurityContext = new PodSecurityContext
                {
                    RunAsNonRoot = true,
                    RunAsUser = UserId,
                    RunAsGroup = UserId,
                    SeccompProfile = new SeccompProfile(),
                },
            },
        };
    }

    private static Container Container(SfuNode node, SfuPool pool, MediaNodeDefaults defaults, string secret) => new()
    {
        Name = MeetComponents.MediaNode,
        Image = MediaNodeImage.Resolve(pool.Spec, defaults.Image),
        Env = MediaNodeEnv.Build(node, pool, defaults, secret),
        Ports =
        [
            new ContainerPort { Name = ControlPortName, Port = node.Spec.ControlPort, HostPort = node.Spec.HostNetwork ? node.Spec.ControlPort : null, Protocol = "TCP" },
            .. node.Spec.TcpPort == 0 ? Array.Empty<ContainerPort>() : [new ContainerPort { Name = TcpPortName, Port = node.Spec.TcpPort, HostPort = node.Spec.TcpPort, Protocol = "TCP" }],
            .. node.Spec.UdpPorts.Select((port, loop) => new ContainerPort { Name = $"media-{loop}", Port = port, HostPort = port, Protocol = "UDP" }),
        ],
        Resources = Resources(pool.Spec.Template.Resources),
        LivenessProbe = new Probe
        {
            HttpGet = new HttpGetAction { Path = "/healthz", Port = ControlPortName, Scheme = "HTTPS" },
            PeriodSeconds = 10,
            TimeoutSeconds = 2,
            FailureThreshold = 3,
        },
        ReadinessProbe = new Probe
        {
            HttpGet = new HttpGetAction { Path = "/readyz", Port = ControlPortName, Scheme = "HTTPS" },
            PeriodSeconds = 1, // Confirms a hung process in addition to the operator's polls: meetings move once both have failed for a few seconds.
            TimeoutSeconds = 1,
            FailureThreshold = 1,
        },
        SecurityContext = new SecurityContext
        {
            AllowPrivilegeEscalation = false,
            ReadOnlyRootFilesystem = true,
            RunAsNonRoot = true,
            Capabilities = new Capabilities { Drop = ["ALL"] },
            SeccompProfile = new SeccompProfile(),
        },
    };

    private static ResourceRequirements? Resources(MediaNodeResources resources) =>
        resources.Requests.Count + resources.Limits.Count == 0 ? null : new ResourceRequirements
        {
            Requests = resources.Requests.Count == 0 ? null : resources.Requests.ToDictionary(StringComparer.Ordinal),
            Limits = resources.Limits.Count == 0 ? null : resources.Limits.ToDictionary(StringComparer.Ordinal),
        };

    private static Toleration Toleration(MediaNodeToleration toleration) => new()
    {
        Key = toleration.Key,
        Operator = toleration.Operator.ToString(),
        Value = toleration.Value,
        Effect = toleration.Effect?.ToString(),
    };

    /// <summary>Merges user-defined entries with the operator's own, which take precedence.</summary>
    private static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> theirs, Dictionary<string, string> ours)
    {
        var merged = theirs.Where(entry => !entry.Key.StartsWith(MeetGroup.Name + "/", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        foreach (var (key, value) in ours)
        {
            merged[key] = value;
        }

        return merged;
    }
}
