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
        },
    };
}
