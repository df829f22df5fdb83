using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Resources;

/// <summary>Identifies what a pool's Pods are made of: everything that the operator renders, except what differs between the Pods of one pool. Pure.</summary>
internal static class PoolRevision
{
    private const int FirstPort = 1024;

    /// <summary>16 hex digits. They change exactly when the Pods that the operator would create change.</summary>
    public static string Of(SfuPool pool, MediaNodeDefaults defaults)
    {
        var node = SfuNodeObject.Build(pool, "node", [.. Enumerable.Range(FirstPort, pool.Spec.Exposure.UdpPorts)], defaults.Image);
        return MediaNodePod.Build(node, pool, defaults, ControlSecret.PlaceholderName).Metadata.Annotations![MeetAnnotations.PodHash];
    }
}
