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
        },
    };

    /// <summary>
    /// A Pod with its own address can use any port. In the host network the port must be unique, so the TCP port has the same number as the node's first UDP port, which no
    /// other media node on that cluster node uses.
    /// </summary>
    public static int ControlPort(ExposureType type, IReadOnlyList<int> udpPorts) =>
        type == ExposureType.HostNetwork ? udpPorts.FirstOrDefault() : MediaNodeEnv.ControlPort;
}
