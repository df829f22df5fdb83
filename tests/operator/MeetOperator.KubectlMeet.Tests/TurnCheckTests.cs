using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Turn.Tests;

namespace MeetOperator.KubectlMeet.Tests;

/// <summary>What <c>turn check</c> says about a real coturn.</summary>
public sealed class TurnCheckTests(SampleCluster cluster, TestRelay relay) : IClassFixture<SampleCluster>, IClassFixture<TestRelay>, IAsyncLifetime
{
    private readonly ScriptedPeer _mediaNode = ScriptedPeer.Answering();
    private string _installation = string.Empty;

    public async Task InitializeAsync()
    {
        _installation = $"meet-{Guid.NewGuid().ToString("N")[..8]}";
        await cluster.Api.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = _installation } }, default);
        await cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: SfuNode
            metadata: {name: media, namespace: {{_installation}}}
            spec: {poolRef: {name: p}, udpPorts: [{{_mediaNode.Server.Port}}]}
            status: {state: Ready, addresses: [127.0.0.1]}
            """);
    }

    public Task DisposeAsync()
    {
        _mediaNode.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task TurnCheck_UdpAndTcp_RelayToTheMediaNode()
    {
        await CreateAsync(TestRelay.Secret, $"turn:127.0.0.1:{relay.Port}?transport=udp", $"turn:127.0.0.1:{relay.Port}?transport=tcp");

        var result = await RunAsync();

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        Assert.Equal(2, result.Output.Split("  works").Length - 1);
        Assert.Contains("relays to media node media", result.Output, StringComparison.Ordinal);
        AssertNoCredential(result);
    }

    [Fact]
    public async Task TurnCheck_Json_HasTimesAndNoCredential()
    {
        await CreateAsync(TestRelay.Secret, $"turn:127.0.0.1:{relay.Port}?transport=tcp");

        var result = await RunAsync("-o", "json");

        Assert.Equal(0, result.Code);
        var check = Assert.Single(JsonNode.Parse(result.Output)!.AsArray())!;
        Assert.Equal(("Done", true, "media"), ((string)check["step"]!, (bool)check["ok"]!, (string)check["mediaNode"]!));
        Assert.Equal(Environment.MachineName, (string?)check["from"]);
        Assert.All((string[])["connectMs", "allocateMs", "relayMs"], field => Assert.True((double)check[field]! > 0));
        AssertNoCredential(result);
    }

    [Fact]
    public async Task TurnCheck_CertificateOfNoAuthority_FailsAtTls()
    {
        await CreateAsync(TestRelay.Secret, $"turns:localhost:{relay.TlsPort}?transport=tcp");

        var result = await RunAsync("-o", "json");

        Assert.Equal(3, result.Code);
        var check = JsonNode.Parse(result.Output)!.AsArray().Single(each => ((string)each!["address"]!).StartsWith("127.", StringComparison.Ordinal))!;
        Assert.Equal("Tls", (string)check["step"]!);
        Assert.Contains("browsers do not accept TLS there: the certificate (CN=relay.example.com) is not valid for localhost", (string)check["message"]!, StringComparison.Ordinal);
        Assert.Contains("replace the Secret of spec.tls", (string)check["fix"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_AddressAndAuthorityAreNamed_WorksOverTls()
    {
        await CreateAsync(TestRelay.Secret, $"turns:relay.example.com:{relay.TlsPort}?transport=tcp");

        var result = await RunAsync("-o", "json", "--address", "127.0.0.1", "--ca-file", relay.CertificateFile);
        var untrusted = await RunAsync("--address", "127.0.0.1");

        Assert.Equal((0, string.Empty), (result.Code, result.Error));
        var check = Assert.Single(JsonNode.Parse(result.Output)!.AsArray())!;
        Assert.Equal(("Done", $"127.0.0.1:{relay.TlsPort}", "media"), ((string)check["step"]!, (string)check["address"]!, (string)check["mediaNode"]!));
        Assert.Equal(3, untrusted.Code);
        Assert.Contains("the certificate (CN=relay.example.com) is not of an authority that is trusted here", untrusted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_WrongOption_NamesItAndWhatItMustBe()
    {
        var address = await RunAsync("--address", "relay.example.com");
        var file = await RunAsync("--ca-file", cluster.Kubeconfig);

        Assert.Equal((2, "error: --address is 'relay.example.com'; it must be an IP address\n"), (address.Code, address.Error));
        Assert.Equal(2, file.Code);
        Assert.Contains("must have certificates as PEM: there is no certificate in it", file.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_SecretReplacedAtTheRelay_FailsAtTheAllocation()
    {
        await CreateAsync("another-secret", $"turn:127.0.0.1:{relay.Port}?transport=udp");

        var result = await RunAsync();

        Assert.Equal(3, result.Code);
        Assert.Contains("fails at the allocation", result.Output, StringComparison.Ordinal);
        Assert.Contains("the relay answers with error 401: the relay refuses the credential: synchronize the clocks", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("another-secret", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_NothingListens_FailsAtConnecting()
    {
        await CreateAsync(TestRelay.Secret, "turn:127.0.0.1:1?transport=tcp", "turn:127.0.0.1:1?transport=udp");

        var result = await RunAsync();

        Assert.Equal(3, result.Code);
        Assert.Contains("fails at connecting", result.Output, StringComparison.Ordinal);
        Assert.Contains("fails at the first request", result.Output, StringComparison.Ordinal);
        Assert.Contains("let UDP 1 out of this network", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_SilentMediaNode_FailsAtRelaying()
    {
        _mediaNode.Dispose();
        using var same = new ScriptedPeer((_, _) => [], at: _mediaNode.Server);
        await CreateAsync(TestRelay.Secret, $"turn:127.0.0.1:{relay.Port}?transport=udp");

        var result = await RunAsync();

        Assert.Equal(3, result.Code);
        Assert.Contains("fails at relaying", result.Output, StringComparison.Ordinal);
        Assert.Contains("no media node answers through the relay", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_SecretMissing_SaysWhereItShouldBe()
    {
        await CreateAsync(null, $"turn:127.0.0.1:{relay.Port}?transport=udp");

        var result = await RunAsync();

        Assert.Equal(1, result.Code);
        Assert.Contains($"there is no Secret {_installation}/meet-turn: name the namespace of the operator with --installation", result.Output, StringComparison.Ordinal);
        Assert.Contains("  answers", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_NoRightToTheSecret_NamesTheRight()
    {
        await CreateAsync(TestRelay.Secret, $"turn:127.0.0.1:{relay.Port}?transport=tcp");
        await using var gate = await RightsGate.StartAsync(cluster.Api.CreateHttpClient(), (_, path) => !path.Contains("/secrets", StringComparison.Ordinal));
        var kubeconfig = Path.Combine(cluster.Folder, $"{_installation}.kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $$"""
            {"current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c"} }], "clusters": [{"name": "c", "cluster": {"server": "{{gate.Address}}"} }]}
            """);

        var result = await cluster.RunAsync(["turn", "check", $"{_installation}/edge", "--installation", _installation, "--kubeconfig", kubeconfig], TimeProvider.System);

        Assert.Equal(1, result.Code);
        Assert.Contains($"you may not get Secret {_installation}/meet-turn, from which credentials are made", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TurnCheck_NoRelayYet_SaysSo()
    {
        await CreateAsync(TestRelay.Secret);

        var result = await RunAsync();

        Assert.Equal(3, result.Code);
        Assert.Contains("no relay takes participants: see status.message", result.Output, StringComparison.Ordinal);
    }

    private static void AssertNoCredential(PluginResult result)
    {
        Assert.DoesNotContain(TestRelay.Secret, result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(":check:", result.Output + result.Error, StringComparison.Ordinal);
    }

    private Task<PluginResult> RunAsync(params string[] options) => cluster.RunAsync(["turn", "check", $"{_installation}/edge", "--installation", _installation, .. options], TimeProvider.System);

    private async Task CreateAsync(string? secret, params string[] urls)
    {
        await cluster.CreateAsync($$"""
            apiVersion: meetoperator.io/v1alpha1
            kind: TurnPool
            metadata: {name: edge, namespace: {{_installation}}}
            spec: {replicas: 1}
            status: {desiredReplicas: 1, endpoints: {{JsonSerializer.Serialize(urls)}}}
            """);
        if (secret is null)
        {
            return;
        }

        var pool = await cluster.Api.Client.GetAsync<TurnPool>(new NamespacedName(_installation, "edge"), default);
        var record = new TurnRecord { Uid = pool.Metadata.Uid!, Namespace = _installation, Keys = [new TurnKey(1, secret, DateTimeOffset.UtcNow)], KeyVersion = 1 };
        await cluster.Api.Client.CreateAsync(
            new Secret
            {
                Metadata = new ObjectMeta { Name = TurnRecord.SecretName, Namespace = _installation },
                Data = new Dictionary<string, string> { [TurnRecord.EntryOf(_installation, "edge")] = Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(record, KubeJson.Options)) },
            },
            default);
    }
}
