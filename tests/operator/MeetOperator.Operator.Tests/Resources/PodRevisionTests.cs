using System.Text.Json;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Resources;

public sealed class PodRevisionTests
{
    private const string Image = "registry.example/media-node:1";
    private static readonly MediaNodeDefaults Defaults = new(Image, new Dictionary<string, string>());
    private static readonly MediaNodeDefaults Newer = Defaults with { Image = "registry.example/media-node:2" };
    private static readonly SfuPool Made = Pool(spec => spec);
    private static readonly SfuNode Node = Stored(SfuNodeObject.Build(Made, "p-abcde", [42000], Image));

    public static TheoryData<string, Func<SfuPoolSpec, SfuPoolSpec>, bool> Changes => new()
    {
        { "nothing", spec => spec, true },
        { "a field that does not affect the Pod", spec => spec with { Replicas = 9, Drain = new SfuDrain { DeadlineSeconds = 1 }, Rollout = new SfuRollout { Paused = true } }, true },
        { "maximum number of meetings", spec => spec with { Capacity = spec.Capacity with { MaxMeetings = 7, StressThreshold = 0.5 } }, true },
        { "an alias of the same address source", spec => spec with { Exposure = spec.Exposure with { AddressSource = AddressSource.NodeInternalIP } }, true },
        { "unused addresses", spec => spec with { Exposure = spec.Exposure with { StaticAddresses = ["203.0.113.7"] } }, true },
        { "an equivalent image", spec => spec with { Image = Image }, true },
        { "another image", spec => spec with { Version = "2" }, false },
        { "another address source", spec => spec with { Exposure = spec.Exposure with { AddressSource = AddressSource.PodIP } }, false },
        { "more ports", spec => spec with { Exposure = spec.Exposure with { UdpPorts = 2 } }, false },
        { "no TCP port", spec => spec with { Exposure = spec.Exposure with { TcpPort = TcpExposure.None } }, false },
        { "another network", spec => spec with { Exposure = spec.Exposure with { Type = ExposureType.HostNetwork } }, false },
        { "maximum number of participants", spec => spec with { Capacity = spec.Capacity with { MaxParticipants = 7 } }, false },
        { "a label", spec => spec with { Template = spec.Template with { Labels = new Dictionary<string, string> { ["a"] = "b" } } }, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void IsCurrent_PoolChanged_DependsOnPodChange(string what, Func<SfuPoolSpec, SfuPoolSpec> change, bool current) =>
        Assert.True(PodRevision.IsCurrent(Node, Pool(change), AsStored(MediaNodePod.Build(Node, Made, Defaults, "p-aaaaa-control-bbbbb")), Defaults) == current, what);

    /// <summary>It was created before pools had TCP ports.</summary>
    [Fact]
    public void IsCurrent_NodeOfAVersionWithoutTcpPort_IsNotOutdated()
    {
        var former = Stored(new SfuNode { Metadata = Node.Metadata, Spec = Node.Spec with { TcpPort = 0 } });

        Assert.True(PodRevision.IsCurrent(former, Made, AsStored(MediaNodePod.Build(former, Made, Defaults, "p-aaaaa-control-bbbbb")), Defaults));
        Assert.True(PodRevision.IsCurrent(former, Pool(spec => spec with { Exposure = spec.Exposure with { TcpPort = TcpExposure.None } }), null, Defaults));
    }

    [Theory]
    [InlineData(ExposureType.HostPort, TcpExposure.Auto, new[] { 42000 }, 42000)]
    [InlineData(ExposureType.HostPort, TcpExposure.Auto, new[] { 42000, 42007 }, 42007)]
    [InlineData(ExposureType.HostPort, TcpExposure.Auto, new[] { 8090 }, 0)]
    [InlineData(ExposureType.HostPort, TcpExposure.None, new[] { 42000 }, 0)]
    [InlineData(ExposureType.HostNetwork, TcpExposure.Auto, new[] { 42000, 42001 }, 42001)]
    [InlineData(ExposureType.HostNetwork, TcpExposure.Auto, new[] { 42000 }, 0)]
    public void TcpPort_OfNode_IsNeverTheControlPort(ExposureType type, TcpExposure tcp, int[] udpPorts, int expected) =>
        Assert.Equal(expected, SfuNodeObject.TcpPort(new SfuExposure { Type = type, TcpPort = tcp }, udpPorts));

    [Fact]
    public void IsCurrent_OperatorImageChanged_OutdatesPoolsWithoutImage()
    {
        var pinned = Pool(spec => spec with { Image = Image });

        Assert.False(PodRevision.IsCurrent(Node, Made, MediaNodePod.Build(Node, Made, Defaults, "p-aaaaa-control-bbbbb"), Newer));
        Assert.True(PodRevision.IsCurrent(Node, pinned, MediaNodePod.Build(Node, pinned, Defaults, "p-aaaaa-control-bbbbb"), Newer));
    }

    [Fact]
    public void IsCurrent_TracingTurnedOn_OutdatesNodes()
    {
        var traced = Defaults with { Tracing = new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4317" } };
        var pod = MediaNodePod.Build(Node, Made, traced, "p-aaaaa-control-bbbbb");

        Assert.False(PodRevision.IsCurrent(Node, Made, AsStored(MediaNodePod.Build(Node, Made, Defaults, "p-aaaaa-control-bbbbb")), traced));
        Assert.True(PodRevision.IsCurrent(Node, Made, AsStored(pod), traced));
        Assert.Equal("http://collector:4317", Assert.Single(pod.Spec.Containers[0].Env!, variable => variable.Name == "OTEL_EXPORTER_OTLP_ENDPOINT").Value);
    }

    [Fact]
    public void IsCurrent_PodOfPreviousVersion_ComparesRenderedPod()
    {
        var pod = AsStored(MediaNodePod.Build(Node, Made, Defaults, "p-aaaaa-control-bbbbb"));
        pod.Metadata.Annotations!.Remove(MeetAnnotations.PodHash);

        Assert.True(PodRevision.IsCurrent(Node, Made, pod, Defaults));
        Assert.False(PodRevision.IsCurrent(Node, Made, pod, Newer));
        Assert.False(PodRevision.IsCurrent(Node, Pool(spec => spec with { Template = spec.Template with { PriorityClassName = "high" } }), pod, Defaults));
        pod.Spec.Containers[0].Env!.RemoveAt(0);
        Assert.False(PodRevision.IsCurrent(Node, Made, pod, Defaults));
    }

    [Fact]
    public void IsCurrent_NodeWithoutPod_ReturnsTrue() => Assert.True(PodRevision.IsCurrent(Node, Pool(spec => spec with { Version = "2" }), null, Defaults));

    private static SfuPool Pool(Func<SfuPoolSpec, SfuPoolSpec> change) => new()
    {
        Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a", Uid = "1" },
        Spec = change(new SfuPoolSpec { Exposure = new SfuExposure { PortRange = new PortRange { Min = 42000, Max = 42063 }, AddressSource = AddressSource.HostIP } }),
    };

    private static SfuNode Stored(SfuNode node)
    {
        node.Metadata.Uid = "2";
        return node;
    }

    /// <summary>The Pod as stored by a server, with defaults from the server and its plugins.</summary>
    private static Pod AsStored(Pod pod)
    {
        var json = JsonSerializer.SerializeToNode(pod, KubeJson.Options)!;
        json["spec"]!["schedulerName"] = "default-scheduler";
        json["spec"]!["tolerations"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject { ["key"] = "node.kubernetes.io/not-ready", ["operator"] = "Exists" });
        json["spec"]!["containers"]![0]!["livenessProbe"]!["successThreshold"] = 1;
        return json.Deserialize<Pod>(KubeJson.Options)!;
    }
}
