using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Turn.Tests;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Relays with TLS, and the Secret with their certificate.</summary>
public sealed class TurnTlsTests : IAsyncLifetime
{
    private const string Url = "turns:relay.example.com:8443?transport=tcp";
    private static readonly NamespacedName Pool = new("meet-a", "edge");
    private readonly SkippableTime _time = new();
    private TestCluster _cluster = null!;
    private RbacProxy _proxy = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(withOperator: false);
        _proxy = await RbacProxy.StartAsync(_cluster.ServerAddress);
        await _cluster.StartOperatorAsync("operator-1", _proxy.Address, options => options with { LeaseDuration = TimeSpan.FromHours(5), Turn = options.Turn with { LoopbackPeers = true } }, _time);
        await _cluster.WithTenantAsync();
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Tls_SecretMayBeRead_IsNamedToParticipants()
    {
        await CreateAsync();
        Assert.Contains(
            "run kubectl create role relays-relay-tls --namespace=meet-a --verb=get --resource=secrets --resource-name=relay-tls && kubectl create rolebinding relays-relay-tls",
            await ReportedAsync(MeetConditions.CertificateUnusable, "Forbidden"),
            StringComparison.Ordinal);
        await EventAsync(MeetConditions.CertificateUnusable, "run kubectl create role relays-relay-tls");
        Assert.Equal(2, (await StatusAsync()).Endpoints.Count);

        _proxy.Bound["meet-a"] = true;
        Read();
        await EventAsync(MeetConditions.CertificateUnusable, await ReportedAsync(MeetConditions.CertificateUnusable, "SecretMissing"));
        var given = TestCertificate.Create("relay.example.com");
        await StoreAsync(given);
        Read();

        await NamedAsync(isNamed: true);
        var state = (await RelayAsync()).State!;
        Assert.Equal((given.Chain, given.Key), (state.Certificate, state.PrivateKey));
        Assert.Null(Conditions.Get((await StatusAsync()).Conditions, MeetConditions.CertificateUnusable));
    }

    [Fact]
    public async Task Tls_KeyDoesNotMatch_RelayGoesOnWithFormerCertificate()
    {
        var given = await ServedAsync(TimeSpan.FromDays(90));

        await StoreAsync(TestCertificate.Create("relay.example.com") with { Key = given.Key });
        Read();

        Assert.Contains("replace both together", await ReportedAsync(MeetConditions.CertificateUnusable, "KeyMismatch"), StringComparison.Ordinal);
        await EventAsync(MeetConditions.CertificateUnusable, "replace both together");
        var relay = await RelayAsync();
        await _cluster.EventuallyAsync(() => Task.FromResult(relay.State!.Certificate is null), "the relay does not get it");
        Assert.Contains(Url, (await StatusAsync()).Endpoints);
        Assert.Equal(1, (await StatusAsync()).ReadyReplicas);
    }

    [Fact]
    public async Task Tls_SecretIsDeleted_RelayGoesOnWithFormerCertificate()
    {
        await ServedAsync(TimeSpan.FromDays(90));
        var relay = await RelayAsync();
        relay.Allocations = 1;

        await _cluster.Client.DeleteAsync<Secret>(new NamespacedName("meet-a", "relay-tls"), default);
        Read();

        const string fix = "Secret meet-a/relay-tls does not exist: create it with kubectl create secret tls relay-tls --namespace=meet-a";
        Assert.Contains(fix, await ReportedAsync(MeetConditions.CertificateUnusable, "SecretMissing"), StringComparison.Ordinal);
        await EventAsync(MeetConditions.CertificateUnusable, fix);
        await _cluster.EventuallyAsync(async () => relay.State!.Certificate is null && (await StatusAsync()) is { Allocations: 1, ReadyReplicas: 1 }, "the relay goes on");
        Assert.Collection((await StatusAsync()).Endpoints, udp => Assert.EndsWith(":3478?transport=udp", udp, StringComparison.Ordinal), tcp => Assert.EndsWith(":3478?transport=tcp", tcp, StringComparison.Ordinal), tls => Assert.Equal(Url, tls)); // the relay still has the certificate
        Assert.Same(relay, await RelayAsync());
    }

    [Theory]
    [InlineData("relay.example.com", 0, "NameMismatch")]
    [InlineData(null, 1, "NotYetValid")]
    public async Task Tls_CertificateForAnotherName_RelayGoesOnWithFormerOne(string? host, int fromDays, string reason)
    {
        await ServedAsync(TimeSpan.FromDays(90), host);

        await StoreAsync(TestCertificate.Create("other.example.com", from: fromDays == 0 ? null : TimeSpan.FromDays(fromDays)));
        Read();

        var message = await ReportedAsync(MeetConditions.CertificateUnusable, reason);
        await EventAsync(MeetConditions.CertificateUnusable, message);
        Assert.Contains(Url, (await StatusAsync()).Endpoints);
    }

    [Fact]
    public async Task Tls_CertificateEnds_IsReportedBeforeAndNamedNoMore()
    {
        await ServedAsync(TimeSpan.FromMinutes(10));
        await ReportedAsync(MeetConditions.CertificateExpiring, "ExpiresSoon");
        await EventAsync(MeetConditions.CertificateExpiring, "replace the Secret before");

        _time.Skip(TimeSpan.FromMinutes(11));

        await EventAsync(MeetConditions.CertificateUnusable, await ReportedAsync(MeetConditions.CertificateUnusable, "Expired"));
        await NamedAsync(isNamed: false);
        Assert.Equal(1, (await StatusAsync()).ReadyReplicas);
    }

    /// <summary>A relay refuses the whole state, for example because its clock differs.</summary>
    [Fact]
    public async Task Tls_RelayRefusesCertificate_GetsPeersNevertheless()
    {
        _proxy.Bound["meet-a"] = true;
        await CreateAsync();
        var relay = await RelayAsync();
        relay.RefusesCertificates = true;
        await StoreAsync(TestCertificate.Create("relay.example.com"));
        Read();

        Assert.Contains("the clock differs", await ReportedAsync(MeetConditions.CertificateUnusable, "Refused"), StringComparison.Ordinal);
        Assert.Equal(["127.0.0.1"], relay.State!.Peers);
        Assert.Equal(1, (await StatusAsync()).ReadyReplicas);
    }

    /// <summary>The next reconcile reads the Secret again.</summary>
    private void Read() => _time.Skip(TimeSpan.FromSeconds(31));

    private async Task<TestCertificate> ServedAsync(TimeSpan until, string? host = null)
    {
        _proxy.Bound["meet-a"] = true;
        var given = TestCertificate.Create("relay.example.com", until: until);
        await StoreAsync(given);
        await CreateAsync(host);
        await NamedAsync(isNamed: true);
        return given;
    }

    private async Task CreateAsync(string? host = null)
    {
        var spec = new TurnPoolSpec
        {
            Listeners = [new TurnListener { Protocol = TurnProtocol.UDP }, new TurnListener { Protocol = TurnProtocol.TCP }, new TurnListener { Protocol = TurnProtocol.TLS, Port = 8443 }],
            Exposure = new TurnExposure { AddressSource = AddressSource.NodeInternalIP },
            Tls = new TurnTls { SecretName = "relay-tls", Host = host },
        };
        await _cluster.Client.CreateAsync(new TurnPool { Metadata = new ObjectMeta { Name = Pool.Name, Namespace = Pool.Namespace }, Spec = spec }, default);
        await _cluster.EventuallyAsync(async () => (await _cluster.Client.GetAsync<TurnPool>(Pool, default)).IsReady(), "the relay takes participants");
    }

    private async Task StoreAsync(TestCertificate given)
    {
        var key = new NamespacedName("meet-a", "relay-tls");
        var data = new Dictionary<string, string> { ["tls.crt"] = Text(given.Chain), ["tls.key"] = Text(given.Key) };
        if (await _cluster.Client.TryGetAsync<Secret>(key, default) is null)
        {
            await _cluster.Client.CreateAsync(new Secret { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace }, Type = "kubernetes.io/tls", Data = data }, default);
        }
        else
        {
            await _cluster.Client.MergePatchAsync<Secret>(key, new JsonObject { ["data"] = new JsonObject { ["tls.crt"] = data["tls.crt"], ["tls.key"] = data["tls.key"] } }, default);
        }

        static string Text(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
    }

    private async Task<TurnPoolStatus> StatusAsync() => (await _cluster.Client.GetAsync<TurnPool>(Pool, default)).Status!;

    private async Task<SimulatedRelay> RelayAsync() => _cluster.Kubelet.Relay(Assert.Single((await _cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items, pod => pod.Metadata.Labels!.ContainsKey(MeetLabels.TurnPool)).Metadata.Name!);

    private Task NamedAsync(bool isNamed) => _cluster.EventuallyAsync(async () => (await StatusAsync()).Endpoints.Contains(Url) == isNamed, isNamed ? "participants get the URL for TLS" : "participants get no URL for TLS");

    private async Task<string> ReportedAsync(string type, string reason)
    {
        Condition? found = null;
        await _cluster.EventuallyAsync(async () => (found = Conditions.Get((await StatusAsync()).Conditions, type))?.Reason == reason, $"{type} is reported with reason {reason}", () => found?.ToString() ?? "no condition");
        return found!.Message!;
    }

    private Task EventAsync(string reason, string says) => _cluster.EventuallyAsync(
        async () => (await _cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Reason == reason && seen.Type == "Warning" && seen.Message!.Contains(says, StringComparison.Ordinal)), $"an event says {says}");
}
