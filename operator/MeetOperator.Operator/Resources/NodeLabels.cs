using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;

namespace MeetOperator.Operator.Resources;

/// <summary>Labels of all objects that belong to one media node.</summary>
internal static class NodeLabels
{
    public static Dictionary<string, string> Of(SfuNode node) => Of(node.Spec.PoolRef.Name, node.Metadata.Name!);

    public static Dictionary<string, string> Of(string pool, string node) => new(StringComparer.Ordinal)
    {
        [MeetLabels.Component] = MeetComponents.MediaNode,
        [MeetLabels.SfuNode] = node,
        [MeetLabels.SfuPool] = pool,
    };

    /// <summary>Selector of a pool's Pods, in the format of the scale subresource.</summary>
    public static string PoolSelector(string pool) => $"{MeetLabels.SfuPool}={pool}";
}
