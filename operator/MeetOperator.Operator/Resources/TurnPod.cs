using System.Globalization;
using System.Net;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>
/// Builds the Pod of one relay: coturn and its agent in one container, with the restricted Pod security profile except for its host ports, and without cluster credentials.
/// The garbage collector deletes it with its pool.
/// </summary>
internal static class TurnPod
{
    public const int ControlPort = TurnPoolValidation.ControlPort;

    /// <summary>Memory of coturn and the agent without allocations, and of one allocation with its buffers: what is expected, and what is never exceeded.</summary>
    private const int BaseMebibytes = 128;
    private const int MaxBaseMebibytes = 384;
    private const int KibibytesPerAllocation = 16;
    private const int MaxKibibytesPerAllocation = 128;
    private const int UserId = 65532;
    private const int GraceSeconds = 10;
    private const int BytesPerKilobit = 125;
    private const string RelayPorts = "MEET_TURN_RELAY_PORTS";
    private const string RelayAddresses = "MEET_TURN_RELAY_ADDRESSES";
    private const string PodAddresses = "$(POD_IPS)";
    private const string DataPath = "/data";

    /// <param name="pool">The relay's pool.</param>
    /// <param name="name">Name of the Pod.</param>
    /// <param name="options">Image, and whether media nodes are on loopback addresses.</param>
    /// <param name="secret">Name of the Secret with the certificate, which is created after the Pod.</param>
    public static Pod Build(TurnPool pool, string name, TurnOptions options, string secret)
    {
        var pod = Render(pool, name, options, secret);
        pod.Metadata.Annotations = new Dictionary<string, string> { [MeetAnnotations.PodHash] = HashOf(pool, options) };
        return pod;
    }

    /// <summary>The hash of a Pod that is built now. A Pod with another hash is outdated.</summary>
    public static string HashOf(TurnPool pool, TurnOptions options) => PodHash.Of(Render(pool, "relay", options, ControlSecret.PlaceholderName));

    /// <summary>The ports from which a relay forwards, as its Pod was created with; all of them if that cannot be read.</summary>
    public static (int Min, int Max) RelayPortsOf(Pod pod)
    {
        var ports = Variable(pod, RelayPorts)?.Split('-');
        return ports is [var first, var last] && ushort.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var min)
            && ushort.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var max) && min > 0 && min <= max
                ? (min, max)
                : (1, ushort.MaxValue);
    }

    /// <summary>The addresses besides those of its Pod from which a relay may forward, as its Pod was created with.</summary>
    public static IEnumerable<string> RelayAddressesOf(Pod pod) => Variable(pod, RelayAddresses)?.Split(',').Where(address => address != PodAddresses) ?? [];

    public static string PoolSelector(string pool) => $"{MeetLabels.TurnPool}={pool}";

    /// <summary>The Secret that the Pod reads its certificate from.</summary>
    public static Secret BuildSecret(Pod pod, NodeControl.NodeCredentials credentials) => new()
    {
        Metadata = new ObjectMeta { Name = ControlSecret.NameIn(pod)!, Namespace = pod.Metadata.Namespace, Labels = pod.Metadata.Labels, OwnerReferences = [Owner.Of(pod)] },
        Type = "Opaque",
        Immutable = true,
        Data = ControlSecretText.Data(credentials),
    };

    /// <summary>Without blockOwnerDeletion, which would require permission to update finalizers of pools.</summary>
    public static OwnerReference OwnerOf(TurnPool pool) =>
        new() { ApiVersion = pool.ApiVersion!, Kind = pool.Kind!, Name = pool.Metadata.Name!, Uid = pool.Metadata.Uid!, Controller = true };

    private static Pod Render(TurnPool pool, string name, TurnOptions options, string secret) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = pool.Metadata.Namespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Component] = MeetComponents.Turn, [MeetLabels.TurnPool] = pool.Metadata.Name! },
            OwnerReferences = [OwnerOf(pool)],
        },
        Spec = new PodSpec
        {
            Containers = [Container(pool, options, secret)],
            Volumes = [new Volume { Name = "data", EmptyDir = new EmptyDirVolumeSource { Medium = "Memory", SizeLimit = "64Mi" } }],
            RestartPolicy = "Always",
            TerminationGracePeriodSeconds = GraceSeconds,
            AutomountServiceAccountToken = false,
            EnableServiceLinks = false,
            HostNetwork = pool.Spec.Exposure.Type == ExposureType.HostNetwork ? true : null,
            DnsPolicy = pool.Spec.Exposure.Type == ExposureType.HostNetwork ? "ClusterFirstWithHostNet" : null,
            NodeSelector = pool.Spec.NodeSelector.Count == 0 ? null : pool.Spec.NodeSelector.ToDictionary(StringComparer.Ordinal),

            // Their host ports keep relays of a pool on different cluster nodes, and this in different zones, as far as there are cluster nodes for them.
            TopologySpreadConstraints =
            [
                new TopologySpreadConstraint
                {
                    TopologyKey = KubernetesLabels.Zone,
                    WhenUnsatisfiable = "ScheduleAnyway",
                    LabelSelector = new LabelSelector { MatchLabels = new Dictionary<string, string> { [MeetLabels.TurnPool] = pool.Metadata.Name! } },
                },
            ],
            SecurityContext = new PodSecurityContext { RunAsNonRoot = true, RunAsUser = UserId, RunAsGroup = UserId, FsGroup = UserId, SeccompProfile = new SeccompProfile() },
        },
    };

    private static Container Container(TurnPool pool, TurnOptions options, string secret)
    {
        var spec = pool.Spec;
        return new Container
        {
            Name = MeetComponents.Turn,
            Image = options.Image,
            Env =
            [
                new EnvVar { Name = "POD_IP", ValueFrom = Field("status.podIP") }, // must come first, because later variables refer to it
                new EnvVar { Name = "POD_IPS", ValueFrom = Field("status.podIPs") },
                new EnvVar { Name = MediaNodeEnv.Certificate, ValueFrom = Key(secret, ControlSecretText.CertificateKey) },
                new EnvVar { Name = "MEET_NODE_KEY", ValueFrom = Key(secret, ControlSecretText.PrivateKey) },
                new EnvVar { Name = "MEET_NODE_AUTHORITIES", ValueFrom = Key(secret, ControlSecretText.AuthoritiesKey) },
                Value("MEET_CONTROL_ADDRESS", $"$(POD_IP):{ControlPort}"),
                Value("MEET_TURN_DATA", DataPath),
                Value("MEET_TURN_REALM", spec.Realm),

                // Addresses that the Pod does not have are left out by the agent.
                Value("MEET_TURN_LISTEN_ADDRESSES", string.Join(',', StaticAddresses(spec.Exposure).Prepend(PodAddresses))),
                Value(RelayAddresses, string.Join(',', HostAddresses(spec.Exposure, options).Append(PodAddresses))),
                Value("MEET_TURN_PORT", Number(spec.Listeners.FirstOrDefault(one => one.Protocol != TurnProtocol.TLS)?.Port ?? new TurnListener().Port)),
                Value("MEET_TURN_PROTOCOLS", string.Join(',', spec.Listeners.Where(one => one.Protocol != TurnProtocol.TLS).Select(one => one.Protocol))),

                // Without TLS, the Pods of earlier versions stay as they are.
                .. spec.Listeners.Where(one => one.Protocol == TurnProtocol.TLS).Select(one => Value("MEET_TURN_TLS_PORT", Number(TurnPorts.InPod(one)))),
                Value(RelayPorts, $"{Number(spec.RelayPorts.Min)}-{Number(spec.RelayPorts.Max)}"),
                Value("MEET_TURN_ALLOCATIONS_PER_CREDENTIAL", Number(spec.Limits.AllocationsPerCredential)),
                Value("MEET_TURN_ALLOCATIONS", Number(spec.Limits.AllocationsPerRelay)),
                Value("MEET_TURN_BYTES_PER_SECOND", Number(spec.Limits.KbpsPerAllocation * BytesPerKilobit)),
                Value("MEET_TURN_LOOPBACK_PEERS", options.LoopbackPeers ? "true" : "false"),

                // The root file system is read-only, and the runtime would open a diagnostics socket under /tmp.
                Value("DOTNET_EnableDiagnostics", "0"),
            ],
            Ports =
            [
                new ContainerPort { Name = "control", Port = ControlPort, HostPort = spec.Exposure.Type == ExposureType.HostNetwork ? ControlPort : null, Protocol = "TCP" },
                .. spec.Listeners.Select(one => new ContainerPort { Name = $"turn-{one.Protocol.ToString().ToLowerInvariant()}", Port = TurnPorts.InPod(one), HostPort = one.Port, Protocol = TurnPorts.Transport(one) }),
            ],
            Resources = Resources(spec),
            VolumeMounts = [new VolumeMount { Name = "data", MountPath = DataPath }],
            LivenessProbe = Probe("/healthz", period: 10, failures: 3),
            ReadinessProbe = Probe("/readyz", period: 5, failures: 2),
            SecurityContext = new SecurityContext
            {
                AllowPrivilegeEscalation = false,
                ReadOnlyRootFilesystem = true,
                RunAsNonRoot = true,
                Capabilities = new Capabilities { Drop = ["ALL"] },
                SeccompProfile = new SeccompProfile(),
            },
        };
    }

    private static IReadOnlyList<string> StaticAddresses(TurnExposure exposure) => exposure.AddressSource == AddressSource.Static ? exposure.StaticAddresses : [];

    /// <summary>
    /// Addresses of the machine from which the relay of an embedded installation forwards, because its Pod has a loopback address: Firefox pairs one with no other address. None if clients reach the
    /// machine at a loopback address too, as media nodes are then.
    /// </summary>
    private static IReadOnlyList<string> HostAddresses(TurnExposure exposure, TurnOptions options) =>
        options.LoopbackPeers && !StaticAddresses(exposure).Any(address => IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed)) ? StaticAddresses(exposure) : [];

    /// <summary>Without a limit of CPU, which would delay media whenever the relay has used its share of a period.</summary>
    private static ResourceRequirements Resources(TurnPoolSpec spec)
    {
        var (requests, limits) = (spec.Resources.Requests, spec.Resources.Limits);
        var isDefault = requests.Count + limits.Count == 0;
        return new ResourceRequirements
        {
            Requests = isDefault ? new Dictionary<string, string> { ["cpu"] = "100m", ["memory"] = Memory(BaseMebibytes, KibibytesPerAllocation) } : requests.Count == 0 ? null : requests.ToDictionary(StringComparer.Ordinal),
            Limits = isDefault ? new Dictionary<string, string> { ["memory"] = Memory(MaxBaseMebibytes, MaxKibibytesPerAllocation) } : limits.Count == 0 ? null : limits.ToDictionary(StringComparer.Ordinal),
        };

        string Memory(int mebibytes, int perAllocation) => string.Create(CultureInfo.InvariantCulture, $"{mebibytes + (spec.Limits.AllocationsPerRelay * perAllocation / 1024)}Mi");
    }

    private static Probe Probe(string path, int period, int failures) => new()
    {
        HttpGet = new HttpGetAction { Path = path, Port = "control", Scheme = "HTTPS" },
        PeriodSeconds = period,
        TimeoutSeconds = 2,
        FailureThreshold = failures,
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? Variable(Pod pod, string name) => pod.Spec.Containers.SelectMany(container => container.Env ?? []).FirstOrDefault(variable => variable.Name == name)?.Value;

    private static EnvVar Value(string name, string value) => new() { Name = name, Value = value };

    private static EnvVarSource Field(string path) => new() { FieldRef = new ObjectFieldSelector { FieldPath = path } };

    private static EnvVarSource Key(string secret, string key) => new() { SecretKeyRef = new SecretKeySelector { Name = secret, Key = key } };
}
