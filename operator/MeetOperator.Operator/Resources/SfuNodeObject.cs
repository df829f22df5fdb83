using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Operator.Resources;

/// <summary>Builds the SfuNode that a pool creates for each media node.</summary>
internal static class SfuNodeObject
{
    public static SfuNode Build(SfuPool pool, string name, IReadOnlyList<int> udpPorts, string operatorImage) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = name,
            Namespace = pool.Metadata.Namespace,
            Labels = NodeLabels.Of(pool.Metadata.Name!, name),
            Annotations = new Dictionary<string, string> { [MeetAnnotations.TemplateHash] = TemplateHash.Of(pool.Spec, operatorImage) },
            OwnerReferences = [Owner.Of(pool)],
            Finalizers = [MeetFinalizers.Drain],
        },
        Spec = new SfuNodeSpec
        {
            PoolRef = new PoolReference { Name = pool.Metadata.Name! },
            UdpPorts = udpPorts,
            HostNetwork = pool.Spec.Exposure.Type == ExposureType.HostNetwork,
            ControlPort = ControlPort(pool.Spec.Exposure.Type, udpPorts),
            TcpPort = TcpPort(pool.Spec.Exposure, udpPorts),
        },
    };

    /// <summary>
    /// A Pod with its own address can use any port. In the host network the port must be unique, so the TCP port has the same number as the node's first UDP port, which no
    /// other media node on that cluster node uses.
    /// </summary>
    public static int ControlPort(ExposureType type, IReadOnlyList<int> udpPorts) =>
        type == ExposureType.HostNetwork ? udpPorts.FirstOrDefault() : MediaNodeEnv.ControlPort;

    /// <summary>
    /// The TCP port for media: the number of the last UDP port, which no other media node on that cluster node uses. 0 for none, also when the control port has that number, as in the host network with one
    /// UDP port.
    /// </summary>
    public static int TcpPort(SfuExposure exposure, IReadOnlyList<int> udpPorts) =>
        exposure.TcpPort == TcpExposure.None || udpPorts is not [.., var last] || last == ControlPort(exposure.Type, udpPorts) ? 0 : last;
}
