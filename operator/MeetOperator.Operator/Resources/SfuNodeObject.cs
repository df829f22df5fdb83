using MeetOperator.Contracts;
using MeetOperator.Kube;

namespace MeetOperator.Operator.Resources;

/// <summary>The SfuNode that a pool makes for each media node.</summary>
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
    /// A Pod with an address of its own has every port for itself. On a machine's network the number must be nobody else's: a UDP port belongs to one media node
    /// of a machine, and TCP of the same number is nobody's then.
    /// </summary>
    public static int ControlPort(ExposureType type, IReadOnlyList<int> udpPorts) =>
        type == ExposureType.HostNetwork ? udpPorts.FirstOrDefault() : MediaNodeEnv.ControlPort;
}
