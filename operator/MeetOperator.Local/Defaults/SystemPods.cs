using System.Text.Json;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Local.Settings;

namespace MeetOperator.Local.Defaults;

/// <summary>The Pods of operator and signaling, with the same images, environment and mounts as on a cluster, and with SQLite in the home directory. Pure.</summary>
internal static class SystemPods
{
    private const string KeysPath = "/etc/meet/keys";
    private const string KubeconfigPath = "/etc/meet/kube";
    private const string DataPath = "/data";

    /// <summary>Port on the Pod's own address: health and metrics of the operator, metrics of signaling.</summary>
    private const int MetricsPort = 8081;

    public static Pod Operator(LocalOptions options) => Build(
        MeetComponents.Operator,
        LocalNames.OperatorImage,
        [
            Value("MEET_OPERATOR_ADDRESS", $"$(POD_IP):{MetricsPort}"),
            Value("MEET_MEDIA_NODE_IMAGE", LocalNames.MediaNodeImage),
            Value("MEET_TURN_IMAGE", LocalNames.TurnImage),
            Value("MEET_TURN_LOOPBACK_PEERS", "true"), // media nodes are at 127.0.0.1
            Value("MEET_PUBLIC_URL", PublicUrl(options)),
            Value("MEET_LEASE_SECONDS", "60"), // The only replica: nobody waits for its Lease, and it must keep it on a machine that is busy or sleeps.
            .. Tracing(options),
        ],
        new ContainerPort { Name = "health", Port = MetricsPort },
        probeHost: null,
        []);

    public static Pod Signaling(LocalOptions options, string dataFolder) => Build(
        MeetComponents.Signaling,
        LocalNames.SignalingImage,
        [
            Value("MEET_HTTP_ADDRESS", $"{options.Listen}:{options.Port}"),
            Value("MEET_METRICS_ADDRESS", $"$(POD_IP):{MetricsPort}"),
            Value("MEET_DATABASE", $"sqlite:{DataPath}/meet.db"),
            Value("MEET_SIGNING_KEY_FILE", $"{KeysPath}/signing"),
            Value("MEET_PUBLIC_URL", PublicUrl(options)),
            Value("MEET_LOCAL_TENANT", LocalNames.Default),
            .. options.DirectDelaySeconds is { } seconds ? [Value("MEET_DIRECT_DELAY_SECONDS", seconds)] : Array.Empty<EnvVar>(),
            .. Tracing(options),
        ],
        new ContainerPort { Name = "http", Port = options.Port, HostPort = options.Port },
        // Signaling listens on an address of the host, not on the Pod's address.
        probeHost: options.Listen == "0.0.0.0" ? "127.0.0.1" : options.Listen,
        [new Volume { Name = "keys", Secret = new SecretVolumeSource { SecretName = LocalNames.KeysSecret } }, HostPath("data", dataFolder)]);

    /// <summary>The URL that users open.</summary>
    public static string PublicUrl(LocalOptions options) => $"http://localhost:{options.Port}";

    private static Pod Build(string component, string image, IList<EnvVar> env, ContainerPort port, string? probeHost, IList<Volume> volumes) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = component,
            Namespace = LocalNames.SystemNamespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Component] = component },
        },
        Spec = new PodSpec
        {
            RestartPolicy = "Always",
            TerminationGracePeriodSeconds = 10,
            Containers =
            [
                new Container
                {
                    Name = component,
                    Image = image,
                    Env =
                    [
                        Field("POD_NAME", "metadata.name"),
                        Field("POD_NAMESPACE", "metadata.namespace"),
                        Field("POD_IP", "status.podIP"),
                        Value("KUBECONFIG", $"{KubeconfigPath}/config"),
                        .. env,
                    ],
                    Ports = [port],
                    VolumeMounts =
                    [
                        new VolumeMount { Name = "kubeconfig", MountPath = KubeconfigPath, ReadOnly = true },
                        .. volumes.Select(v => new VolumeMount { Name = v.Name, MountPath = v.Secret is null ? $"/{v.Name}" : KeysPath, ReadOnly = v.Secret is null ? null : true }),
                    ],
                    StartupProbe = Get("/healthz", port.Name!, probeHost, period: 2, failures: 60),
                    LivenessProbe = Get("/healthz", port.Name!, probeHost, period: 10, failures: 3),
                    ReadinessProbe = Get("/readyz", port.Name!, probeHost, period: 5, failures: 3),
                },
            ],
            Volumes =
            [
                new Volume { Name = "kubeconfig", Secret = new SecretVolumeSource { SecretName = LocalNames.KubeconfigSecret } },
                .. volumes,
            ],
        },
    };

    private static Probe Get(string path, string port, string? host, int period, int failures) => new()
    {
        HttpGet = new HttpGetAction { Path = path, Port = port, Host = host },
        PeriodSeconds = period,
        TimeoutSeconds = 2,
        FailureThreshold = failures,
    };

    // A doubled $ is a plain one (Kubernetes, "Define Dependent Environment Variables").
    private static IEnumerable<EnvVar> Tracing(LocalOptions options) =>
        options.Tracing.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => Value(variable.Key, variable.Value.Replace("$", "$$", StringComparison.Ordinal)));

    private static EnvVar Value(string name, string value) => new() { Name = name, Value = value };

    private static EnvVar Field(string name, string path) =>
        new() { Name = name, ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = path } } };

    // The typed Volume has no hostPath field, because only this host uses it.
    private static Volume HostPath(string name, string path) => new()
    {
        Name = name,
        UnknownFields = new Dictionary<string, JsonElement> { ["hostPath"] = JsonSerializer.SerializeToElement(new { path, type = "DirectoryOrCreate" }) },
    };
}
