using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Resources;

/// <summary>
/// Builds the Pod and the Secret from <c>tests/golden/resources/&lt;case&gt;/input.yaml</c> (pool, node, addresses). With MEET_UPDATE_GOLDEN=1, writes the expected files.
/// </summary>
public sealed class GoldenResourceTests
{
    public static TheoryData<string> Cases => new(Directory.GetDirectories(Repository.Golden("resources")).Select(path => Path.GetFileName(path)).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Build_GoldenCase_ReturnsExpectedObjects(string name)
    {
        var input = Yaml.Read(Repository.Golden("resources", name, "input.yaml"));
        var pool = input["pool"].Deserialize<SfuPool>(KubeJson.Options)!;
        var image = input["operatorImage"]!.GetValue<string>();
        var variables = input["tracing"]?.Deserialize<Dictionary<string, string>>() ?? [];
        var tracing = OperatorOptionsReader.Read(name => name == "MEET_TRACING_TO" ? input["tracingTo"]?.ToJsonString() : variables.GetValueOrDefault(name), out _)!.Tracing;
        var ports = input["udpPorts"]!.AsArray().Select(port => port!.GetValue<int>()).ToArray();
        var node = SfuNodeObject.Build(pool, input["nodeName"]!.GetValue<string>(), ports, image);
        node.Metadata.Uid = "00000000-0000-0000-0000-00000000000a";

        Compare(name, "sfunode.yaml", node);
        var pod = MediaNodePod.Build(node, pool, new MediaNodeDefaults(image, tracing.Variables), $"{node.Metadata.Name}-control-bbbbb");
        Compare(name, "pod.yaml", pod);
        pod.Metadata.Uid = "00000000-0000-0000-0000-00000000000b";
        Compare(name, "networkpolicy.yaml", MediaNodeNetworkPolicy.Build(pool, "meet-system", input["metricsFrom"]?.Deserialize<NetworkPolicyPeer[]>(KubeJson.Options) ?? [], tracing));
        Compare(name, "secret.yaml", ControlSecret.Build(node, pod, ControlSecret.NameIn(pod)!, new NodeCredentials { Certificate = "the-certificate", Key = "the-key", Authorities = "the-authorities" }, input["addresses"]?.GetValue<string>().Split(',') ?? []));
    }

    private static void Compare(string name, string file, object built)
    {
        var path = Repository.Golden("resources", name, file);
        if (Environment.GetEnvironmentVariable("MEET_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, Yaml.Write(built));
        }

        var actual = JsonSerializer.SerializeToNode(built, built.GetType(), KubeJson.Options)!.AsObject();
        Assert.True(JsonNode.DeepEquals(Yaml.Read(path), Normalised(actual)), $"{name}/{file} differs; built was:\n{Yaml.Write(built)}");
    }

    /// <summary>Normalizes text that looks like a number to a number on both sides.</summary>
    private static JsonNode Normalised(JsonObject actual)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Yaml.Write(actual));
            return Yaml.Read(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
