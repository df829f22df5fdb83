using System.Net;
using System.Text.Json.Nodes;
using MeetOperator.Turn.Tests;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>What <c>net check</c> says about ports of this machine.</summary>
public sealed class NetCheckTests(SampleCluster cluster) : IClassFixture<SampleCluster>
{
    [Fact]
    public async Task NetCheck_PortAnswers_SaysHowLongItTook()
    {
        using var peer = ScriptedPeer.Answering();
        await CreateAsync("open", peer.Server.Port, """{type: ExposureReady, status: "True", reason: Reachable, message: all 1 ports answer, lastTransitionTime: 2026-01-01T00:00:00Z}""");

        var result = await cluster.RunAsync(["net", "check", "open"], TimeProvider.System);

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        Assert.Contains($"Measured from  this machine ({Environment.MachineName})", result.Output, StringComparison.Ordinal);
        Assert.Contains("Seen as        198.51.100.7", result.Output, StringComparison.Ordinal);
        Assert.Matches($@"meet-pools/open  open-aaaaa  127\.0\.0\.1:{peer.Server.Port}  udp       answers  \d+\.\d", result.Output);
        Assert.Contains("From inside the cluster (the operator)\nmeet-pools/open: Reachable\n  all 1 ports answer", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("shared", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetCheck_PortClosed_SaysWhatToDoAndFails()
    {
        int port;
        using (var peer = ScriptedPeer.Answering())
        {
            port = peer.Server.Port;
        }

        await CreateAsync("closed", port);

        var result = await cluster.RunAsync(["net", "check", "meet-pools/closed"], TimeProvider.System);

        Assert.Equal(3, result.Code);
        Assert.Contains($"refused  the machine refuses UDP {port}: check the port mapping of the CNI", result.Output.Replace("      ", "  ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetCheck_Json_HasEveryField()
    {
        using var peer = ScriptedPeer.Answering();
        await CreateAsync("json", peer.Server.Port);

        var result = await cluster.RunAsync(["net", "check", "json", "-o", "json"], TimeProvider.System);

        Assert.Equal(0, result.Code);
        var report = JsonNode.Parse(result.Output)!;
        Assert.True((bool)report["ok"]!);
        Assert.Equal("198.51.100.7", (string)report["seenAs"]![0]!);
        var check = Assert.Single(report["checks"]!.AsArray())!;
        Assert.Equal(("meet-pools/json", "json-aaaaa", $"127.0.0.1:{peer.Server.Port}", "udp", "Answered"), ((string)check["pool"]!, (string)check["member"]!, (string)check["address"]!, (string)check["protocol"]!, (string)check["result"]!));
        Assert.True((double)check["milliseconds"]! >= 0);
    }

    [Fact]
    public async Task NetCheck_EarlierVersion_IsNoFailureOfTheNetwork()
    {
        using var peer = new ScriptedPeer((_, _) => []);
        await CreateAsync("older", peer.Server.Port, """{type: ExposureReady, status: Unknown, reason: NotSupported, message: 1 media nodes run a version that does not answer, lastTransitionTime: 2026-01-01T00:00:00Z}""");

        var result = await cluster.RunAsync(["net", "check", "older"], TimeProvider.System);

        Assert.Contains("not known", result.Output, StringComparison.Ordinal);
        Assert.Equal(3, result.Code); // Nothing was measured.
    }

    [Fact]
    public async Task NetCheck_UnknownPool_SaysSo()
    {
        var result = await cluster.RunAsync(["net", "check", "nothing"], TimeProvider.System);

        Assert.Equal(1, result.Code);
        Assert.StartsWith("error: no SfuPool or TurnPool is named 'nothing'.", result.Error, StringComparison.Ordinal);
    }

    private Task CreateAsync(string pool, int port, string? condition = null)
    {
        var first = 20_000 + (port % 1000 * 10);
        return cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuPool
            metadata: {name: {{pool}}, namespace: meet-pools}
            spec:
              replicas: 1
              exposure:
                portRange: {min: {{first}}, max: {{first + 9}} }
            status:
              conditions: [{{condition}}]
            ---
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuNode
            metadata: {name: {{pool}}-aaaaa, namespace: meet-pools}
            spec:
              poolRef: {name: {{pool}} }
              udpPorts: [{{port}}]
            status: {state: Ready, addresses: [127.0.0.1]}
            """);
    }
}
