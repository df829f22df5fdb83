using System.Globalization;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>Environment variables of a media node, as listed in docs/configuration.md.</summary>
internal static class MediaNodeEnv
{
    /// <summary>Control port of Pods with their own address.</summary>
    public const int ControlPort = 8090;

    public const string Certificate = "MEET_NODE_CERTIFICATE";
    public const string AdvertisedAddresses = "MEET_ADVERTISED_ADDRESSES";

    public static IList<EnvVar> Build(SfuNode node, SfuPool pool, MediaNodeDefaults defaults, string secret) =>
    [
        // Must come first, because later variables refer to it.
        new EnvVar { Name = "POD_IP", ValueFrom = Field("status.podIP") },
        Value("MEET_NODE_NAME", node.Metadata.Name!),
        new EnvVar { Name = Certificate, ValueFrom = Key(secret, ControlSecretText.CertificateKey) },
        new EnvVar { Name = "MEET_NODE_KEY", ValueFrom = Key(secret, ControlSecretText.PrivateKey) },
        new EnvVar { Name = "MEET_NODE_AUTHORITIES", ValueFrom = Key(secret, ControlSecretText.AuthoritiesKey) },
        Value("MEET_CONTROL_ADDRESS", $"$(POD_IP):{node.Spec.ControlPort}"),
        Value("MEET_UDP_PORTS", string.Join(',', node.Spec.UdpPorts)),
        .. node.Spec.TcpPort == 0 ? Array.Empty<EnvVar>() : [Value("MEET_TCP_PORT", node.Spec.TcpPort.ToString(CultureInfo.InvariantCulture))],
        Addresses(node, pool.Spec.Exposure, secret),
        Value("MEET_IP_FAMILIES", string.Join(',', pool.Spec.Exposure.IpFamilies)),
        Value("MEET_MAX_PARTICIPANTS", pool.Spec.Capacity.MaxParticipants.ToString(CultureInfo.InvariantCulture)),

        // The root file system is read-only, and the runtime would open a diagnostics socket under /tmp.
        Value("DOTNET_EnableDiagnostics", "0"),

        // A doubled $ is a plain one (Kubernetes, "Define Dependent Environment Variables").
        .. defaults.Tracing.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => Value(variable.Key, variable.Value.Replace("$", "$$", StringComparison.Ordinal))),
    ];

    private static EnvVar Addresses(SfuNode node, SfuExposure exposure, string secret) => exposure.AddressSource switch
    {
        AddressSource.Static => Value(AdvertisedAddresses, string.Join(',', exposure.StaticAddresses)),
        AddressSource.PodIP => new EnvVar { Name = AdvertisedAddresses, ValueFrom = Field("status.podIPs") },

        // In the host network, the Pod has the addresses of the cluster node, and knows them without the operator.
        AddressSource.HostIP or AddressSource.NodeInternalIP when node.Spec.HostNetwork => new EnvVar { Name = AdvertisedAddresses, ValueFrom = Field("status.podIPs") },

        // Known only after the Pod is scheduled. The kubelet waits until the operator creates the Secret. Kubernetes before 1.30 has no field for the addresses of both families.
        AddressSource.HostIP or AddressSource.NodeInternalIP => new EnvVar { Name = AdvertisedAddresses, ValueFrom = Key(secret, ControlSecret.InternalAddressesKey) },
        _ => new EnvVar { Name = AdvertisedAddresses, ValueFrom = Key(secret, ControlSecret.AddressesKey) },
    };

    private static EnvVar Value(string name, string value) => new() { Name = name, Value = value };

    private static EnvVarSource Field(string path) => new() { FieldRef = new ObjectFieldSelector { FieldPath = path } };

    private static EnvVarSource Key(string secret, string key) => new() { SecretKeyRef = new SecretKeySelector { Name = secret, Key = key } };
}
