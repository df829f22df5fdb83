using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class MachineFitTests
{
    private static readonly MediaNodeTemplate Plain = new();
    private static readonly MediaNodeTemplate Media = new() { Tolerations = [new MediaNodeToleration { Key = "media", Operator = TolerationOperator.Exists, Effect = TaintEffect.NoSchedule }] };

    [Fact]
    public void MayRun_Machine_IsJudgedByCordonLabelsAndTaints()
    {
        Assert.True(MachineFit.MayRun(Machine(), Plain));
        Assert.False(MachineFit.MayRun(Machine(cordoned: true), Plain));
        Assert.False(MachineFit.MayRun(Machine(), Plain with { NodeSelector = new Dictionary<string, string> { ["pool"] = "other" } }));
        Assert.True(MachineFit.MayRun(Machine(), Plain with { NodeSelector = new Dictionary<string, string> { ["pool"] = "media" } }));
        Assert.False(MachineFit.MayRun(Machine(taint: new Taint { Key = "media", Effect = "NoSchedule" }), Plain));
        Assert.True(MachineFit.MayRun(Machine(taint: new Taint { Key = "media", Effect = "NoSchedule" }), Media));
        Assert.False(MachineFit.MayRun(Machine(taint: new Taint { Key = "media", Effect = "NoExecute" }), Media));
        Assert.True(MachineFit.MayRun(Machine(taint: new Taint { Key = "media", Effect = "PreferNoSchedule" }), Plain));
        Assert.False(MachineFit.MayRun(Machine(taint: new Taint { Key = "media", Value = "a", Effect = "NoSchedule" }), Plain with { Tolerations = [new MediaNodeToleration { Key = "media", Value = "b" }] }));
        Assert.True(MachineFit.MayRun(Machine(taint: new Taint { Key = "any", Effect = "NoExecute" }), Plain with { Tolerations = [new MediaNodeToleration { Operator = TolerationOperator.Exists }] }));
    }

    private static Node Machine(bool cordoned = false, Taint? taint = null) => new()
    {
        Metadata = new ObjectMeta { Name = "m", Labels = new Dictionary<string, string> { ["pool"] = "media" } },
        Spec = new NodeSpec { Unschedulable = cordoned, Taints = taint is null ? null : [taint] },
    };
}
