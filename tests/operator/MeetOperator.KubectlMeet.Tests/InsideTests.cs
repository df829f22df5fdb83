using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.KubectlMeet.Inside;
using MeetOperator.Testing;
using MeetOperator.Turn.Tests;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>Checks in a Pod of the cluster: <c>net check --inside</c> and <c>turn check --inside</c>.</summary>
public sealed class InsideTests(SampleCluster cluster, TestRelay relay) : IClassFixture<SampleCluster>, IClassFixture<TestRelay>, IAsyncLifetime
{
    private const string Image = "registry.example.com/meet-operator/operator:1.2.3";
    private readonly ScriptedPeer _mediaNode = ScriptedPeer.Answering();
    private readonly string _installation = $"meet-{Guid.NewGuid().ToString("N")[..8]}";

    public async Task InitializeAsync()
    {
        await cluster.Api.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = _installation } }, default);
        await cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuPool
            metadata: {name: p, namespace: {{_installation}}}
            spec: {replicas: 1, exposure: {portRange: {min: 40000, max: 40009} } }
            ---
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuNode
            metadata: {name: media, namespace: {{_installation}}}
            spec: {poolRef: {name: p}, udpPorts: [{{_mediaNode.Server.Port}}]}
            status: {state: Ready, addresses: [127.0.0.1]}
            """);
        await cluster.Api.Client.CreateAsync(
            new Pod
            {
                Metadata = new ObjectMeta { Name = "operator", Namespace = _installation, Labels = new Dictionary<string, string> { ["meetoperator.io/component"] = "operator" } },
                Spec = new PodSpec
                {
                    Containers = [new Container { Name = "operator", Image = Image, ImagePullPolicy = "IfNotPresent", Env = [new EnvVar { Name = "MEET_TURN_SECRET", Value = "release-turn" }] }],
                    ServiceAccountName = "operator",
                    ImagePullSecrets = [new LocalObjectReference { Name = "registry" }],
                    NodeSelector = new Dictionary<string, string> { ["pool"] = "infra" },
                },
            },
            default);
    }

    public Task DisposeAsync()
    {
        _mediaNode.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task NetCheck_Inside_ShowsWhatAPodWithoutRightsFound()
    {
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync("net", "check", $"{_installation}/p");

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        var pod = Assert.Single(kubelet.Seen);
        Assert.StartsWith($"Measured from  Pod {_installation}/{pod.Metadata.Name}\nSeen as        198.51.100.7\n", result.Output, StringComparison.Ordinal);
        Assert.Matches($@"{_installation}/p  media  127\.0\.0\.1:{_mediaNode.Server.Port}  udp       answers  \d+\.\d", result.Output);
        Assert.Equal((false, "Never", "registry", "infra"), (pod.Spec.AutomountServiceAccountToken, pod.Spec.RestartPolicy, Assert.Single(pod.Spec.ImagePullSecrets!).Name, pod.Spec.NodeSelector!["pool"]));
        Assert.NotEqual("operator", pod.Spec.ServiceAccountName);
        Assert.Equal((Image, "IfNotPresent"), (pod.Spec.Containers[0].Image, pod.Spec.Containers[0].ImagePullPolicy));
        Assert.Equal(["ALL"], pod.Spec.Containers[0].SecurityContext!.Capabilities!.Drop);
        Assert.True(pod.Spec.UnknownFields!["activeDeadlineSeconds"].GetInt32() > 60);
        await AssertDeletedAsync();
    }

    [Fact]
    public async Task TurnCheck_Inside_RelaysWithoutTheRightToReadTheSecret()
    {
        await CreateRelaysAsync($"turn:127.0.0.1:{relay.Port}?transport=udp", $"turn:127.0.0.1:{relay.Port}?transport=tcp");
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync((_, path) => !path.Contains("/secrets", StringComparison.Ordinal), "turn", "check", $"{_installation}/edge");

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        var pod = Assert.Single(kubelet.Seen);
        Assert.StartsWith($"Measured from  Pod {_installation}/{pod.Metadata.Name}\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, result.Output.Split("  works").Length - 1);
        Assert.Contains("relays to media node media", result.Output, StringComparison.Ordinal);
        var everything = JsonSerializer.Serialize(pod, KubeJson.Options) + cluster.Log + result.Output;
        Assert.DoesNotContain(TestRelay.Secret, everything, StringComparison.Ordinal);
        Assert.DoesNotContain(":check:", everything, StringComparison.Ordinal);
        await AssertDeletedAsync();
    }

    [Theory]
    [InlineData("turn")]
    [InlineData("net")]
    public async Task Check_InsideAsJson_SaysWhereItWasMeasured(string command)
    {
        await CreateRelaysAsync($"turn:127.0.0.1:{relay.Port}?transport=udp", $"turn:127.0.0.1:{relay.Port}?transport=tcp");
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync(command, "check", $"{_installation}/edge", "-o", "json");

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        var place = $"Pod {_installation}/{Assert.Single(kubelet.Seen).Metadata.Name}";
        var report = JsonNode.Parse(result.Output)!;
        Assert.All(report is JsonArray checks ? checks : [report.DeepClone()], measured => Assert.StartsWith(place, (string?)measured!["from"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task TurnCheck_InsideWithAddressAndAuthority_WorksOverTls()
    {
        await CreateRelaysAsync($"turns:relay.example.com:{relay.TlsPort}?transport=tcp");
        await using var kubelet = new TestKubelet(cluster, _installation);

        var trusted = await RunAsync("turn", "check", $"{_installation}/edge", "--address", "127.0.0.1", "--ca-file", relay.CertificateFile);
        var untrusted = await RunAsync("turn", "check", $"{_installation}/edge", "--address", "127.0.0.1");

        Assert.Equal((0, string.Empty), (trusted.Code, trusted.Error));
        Assert.All(kubelet.Seen, pod => Assert.DoesNotContain("PRIVATE", JsonSerializer.Serialize(pod, KubeJson.Options), StringComparison.Ordinal)); // The file has the key as well.
        Assert.Contains("ends in 29d", trusted.Output, StringComparison.Ordinal);
        Assert.Equal(3, untrusted.Code);
        Assert.Contains("fails at TLS", untrusted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_InsideSecretMissing_SaysSo()
    {
        await CreateRelaysAsync($"turn:127.0.0.1:{relay.Port}?transport=udp");
        await cluster.Api.Client.DeleteAsync<Secret>(new NamespacedName(_installation, "release-turn"), default);
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync("turn", "check", $"{_installation}/edge");

        Assert.Equal(1, result.Code);
        Assert.Contains($"the Secret has no secret of TurnPool {_installation}/edge", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/pods")]
    [InlineData("GET", "/pods?")]
    [InlineData("GET", "/log?")]
    public async Task Inside_RightIsMissing_NamesTheRights(string method, string path)
    {
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync((asked, at) => asked != method || !at.Contains(path, StringComparison.Ordinal), "net", "check", $"{_installation}/p");

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.StartsWith($"error: --inside runs a Pod in namespace {_installation}, for which you need the rights to list, get, create and delete pods and to get pods/log there", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("not certain", result.Error, StringComparison.Ordinal);
        await AssertDeletedAsync();
    }

    [Fact]
    public async Task Inside_NoRightToDelete_SaysThatThePodRemains()
    {
        await using var kubelet = new TestKubelet(cluster, _installation);

        var result = await RunAsync((method, _) => method != "DELETE", "net", "check", $"{_installation}/p");

        Assert.Equal(0, result.Code);
        Assert.Matches($"^Note: it is not certain that Pod {_installation}/meet-check-[0-9a-f]{{8}} was deleted .*: kubectl delete pod -n {_installation} meet-check-", result.Error);
    }

    [Theory]
    [InlineData("""{"phase": "Pending", "containerStatuses": [{"name": "check", "image": "i", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]}""", "does not run: ImagePullBackOff: no such image")]
    [InlineData("""{"phase": "Failed", "containerStatuses": [{"name": "check", "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": {"terminated": {"exitCode": 128, "reason": "StartError", "message": "exec: no such file"}}}]}""", "because it is of an earlier version: upgrade the installation (exec: no such file)")]
    [InlineData("""{"phase": "Failed", "containerStatuses": [{"name": "check", "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}]}""", "had no result (OOMKilled with exit code 137)")]
    [InlineData("""{"phase": "Failed", "reason": "Evicted", "message": "the node was low on memory"}""", "does not run: Evicted: the node was low on memory")]
    public async Task Inside_PodHasNoResult_SaysWhyAndDeletesThePod(string status, string message)
    {
        cluster.Log = "started\n";
        await using var kubelet = new TestKubelet(cluster, _installation, status);

        var result = await RunAsync("net", "check", $"{_installation}/p");

        Assert.Equal((1, string.Empty), (result.Code, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        await AssertDeletedAsync();
    }

    [Fact]
    public async Task Inside_Canceled_DeletesThePod()
    {
        using var stop = new CancellationTokenSource();
        var running = cluster.RunAsync(["net", "check", $"{_installation}/p", "--inside", "--installation", _installation], TimeProvider.System, stop.Token);
        await Eventually.TrueAsync(async () => (await PodsAsync()).Count == 1, "the Pod exists");

        await stop.CancelAsync();

        Assert.Equal(1, (await running).Code);
        await AssertDeletedAsync();
    }

    [Fact]
    public async Task Inside_NoOperatorThere_NamesTheOption()
    {
        var result = await cluster.RunAsync(["net", "check", $"{_installation}/p", "--inside", "--installation", "meet-acme"], TimeProvider.System);

        Assert.Equal(1, result.Code);
        Assert.Contains("namespace meet-acme has no Pod of the operator, whose image --inside runs: name the namespace of the operator with --installation", result.Error, StringComparison.Ordinal);
    }

    private Task<PluginResult> RunAsync(params string[] words) => cluster.RunAsync([.. words, "--inside", "--installation", _installation], TimeProvider.System);

    private async Task<PluginResult> RunAsync(Func<string, string, bool> allows, params string[] words)
    {
        await using var gate = await RightsGate.StartAsync(cluster.Api.CreateHttpClient(), allows);
        var file = Path.Combine(cluster.Folder, Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, $$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"} }], "clusters": [{"name": "c", "cluster": {"server": "{{gate.Address}}"} }]}
            """);
        return await RunAsync([.. words, "--kubeconfig", file]);
    }

    private async Task<IReadOnlyList<Pod>> PodsAsync() =>
        [.. (await cluster.Api.Client.ListAllAsync<Pod>(_installation, new ListOptions { LabelSelector = $"{InsidePod.Label}={InsidePod.LabelValue}" }, default)).Items];

    private async Task AssertDeletedAsync() => Assert.Empty((await PodsAsync()).Where(pod => pod.Metadata.DeletionTimestamp is null));

    private async Task CreateRelaysAsync(params string[] urls)
    {
        await cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: TurnPool
            metadata: {name: edge, namespace: {{_installation}}}
            spec: {replicas: 1}
            status: {desiredReplicas: 1, endpoints: {{JsonSerializer.Serialize(urls)}}}
            """);
        var pool = await cluster.Api.Client.GetAsync<TurnPool>(new NamespacedName(_installation, "edge"), default);
        var record = new TurnRecord { Uid = pool.Metadata.Uid!, Namespace = _installation, Keys = [new TurnKey(1, TestRelay.Secret, DateTimeOffset.UtcNow)], KeyVersion = 1 };
        await cluster.Api.Client.CreateAsync(
            new Secret
            {
                Metadata = new ObjectMeta { Name = "release-turn", Namespace = _installation },
                Data = new Dictionary<string, string> { [TurnRecord.EntryOf(_installation, "edge")] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) },
            },
            default);
    }
}
