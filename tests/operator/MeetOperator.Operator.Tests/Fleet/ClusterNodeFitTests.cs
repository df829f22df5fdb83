using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class ClusterNodeFitTests
{
    private static readonly MediaNodeTemplate Plain = new();
    private static readonly MediaNodeTemplate Media = new() { Tolerations = [new MediaNodeToleration { Key = "media", Operator = TolerationOperator.Exists, Effect = TaintEffect.NoSchedule }] };

    [Fact]
    public void CanRun_ClusterNode_ChecksCordonLabelsAndTaints()
    {
        Assert.True(ClusterNodeFit.CanRun(ClusterNode(), Plain));
        Assert.False(ClusterNodeFit.CanRun(ClusterNode(cordoned: true), Plain));
        Assert.False(ClusterNodeFit.CanRun(ClusterNode(), Plain with { NodeSelector = new Dictionary<string, string> { ["pool"] = "other" } }));
        Assert.True(ClusterNodeFit.CanRun(ClusterNode(), Plain with { NodeSelector = new Dictionary<string, string> { ["pool"] = "media" } }));
        Assert.False(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "media", Effect = "NoSchedule" }), Plain));
        Assert.True(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "media", Effect = "NoSchedule" }), Media));
        Assert.False(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "media", Effect = "NoExecute" }), Media));
        Assert.True(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "media", Effect = "PreferNoSchedule" }), Plain));
        Assert.False(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "media", Value = "a", Effect = "NoSchedule" }), Plain with { Tolerations = [new MediaNodeToleration { Key = "media", Value = "b" }] }));
        Assert.True(ClusterNodeFit.CanRun(ClusterNode(taint: new Taint { Key = "any", Effect = "NoExecute" }), Plain with { Tolerations = [new MediaNodeToleration { Operator = TolerationOperator.Exists }] }));
    }

    private static Node ClusterNode(bool cordoned = false, Taint? taint = null) => new()
    {
        Metadata = new ObjectMeta { Name = "m", Labels = new Dictionary<string, string> { ["pool"] = "media" } },
        Spec = new NodeSpec { Unschedulable = cordoned, Taints = taint is null ? null : [taint] },
    };
}
