using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Kube.Testing;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Settings;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>A real embedded API server with our CRDs and admission, a fake kubelet, and any number of operator replicas.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);
    private readonly TestApiServer _server;
    private readonly Dictionary<string, WebApplication> _replicas = [];
    private readonly RecordedLog _log = new();

    private TestCluster(TestApiServer server)
    {
        _server = server;
        Client = RealServer.Config is { } real ? new KubeClient(real) : server.Client;
        Kubelet = new FakeKubelet(Client);
    }

    public KubeClient Client { get; }
    public Uri ServerAddress => _server.Server.Address;
    public string Token => _server.Server.Token;
    public FakeKubelet Kubelet { get; }

    /// <param name="withOperator">Whether to start a replica as well.</param>
    /// <param name="admission">Additional admission policy, evaluated after our own rules.</param>
    /// <param name="data">Directory for the API server's objects, so that it can be restarted; null keeps them in memory.</param>
    /// <param name="podLogs">The logs of Pods; null has none.</param>
    public static async Task<TestCluster> StartAsync(bool withOperator = true, string? data = null, IAdmissionPolicy? admission = null, Func<PodLogRequest, CancellationToken, Task<Stream?>>? podLogs = null)
    {
        var options = new ApiServerOptions { DataDirectory = data, Manifests = Repository.CrdTexts, PodLogs = podLogs, AdmissionPolicies = admission is null ? [new MeetAdmission()] : [new MeetAdmission(), admission] };
        var cluster = new TestCluster(await TestApiServer.StartAsync(options));
        if (withOperator)
        {
            await cluster.StartOperatorAsync("operator-1");
        }

        return cluster;
    }

    /// <param name="name">Name of the replica.</param>
    /// <param name="server">Address of the API server; null uses the server itself.</param>
    /// <param name="change">Modifies the replica's options.</param>
    /// <param name="time">The replica's clock; null uses the system clock.</param>
    public async Task StartOperatorAsync(string name, Uri? server = null, Func<OperatorOptions, OperatorOptions>? change = null, TimeProvider? time = null)
    {
        var options = new OperatorOptions
        {
            Address = "127.0.0.1:0",
            PodName = name,
            PublicUrl = "https://meet.example",
            LeaseDuration = TimeSpan.FromSeconds(12), // Renewed within 8 s, also on a machine with much else to do.
        };
        options = change?.Invoke(options) ?? options;
        var kube = RealServer.Config ?? new KubeConfig { Server = server ?? ServerAddress, Token = _server.Server.Token };
        var replica = OperatorHost.Build(kube, options, logging => logging.AddProvider(_log), time);
        await replica.StartAsync();
        _replicas[name] = replica;
    }

    /// <summary>Creates a client that calls a media node like the operator and signaling of this installation.</summary>
    public async Task<HttpClient> NodeHttpAsync(SimulatedMediaNode node)
    {
        var secret = await Client.GetAsync<Secret>(new NamespacedName("meet-system", "meet-control-ca"), default);
        var authority = new ControlAuthority(TimeProvider.System);
        authority.Use(Authorities.TryRead(secret)!);
        return TestAuthority.HttpOf(ControlCredentials.DnsNames(node.Credentials.Certificate)[0], authority.IssueFor(ControlRole.Operator), authority.IssueFor(ControlRole.Signaling));
    }

    public Task StopServerAsync() => _server.StopAsync();

    public Task StartServerAsync() => _server.StartAgainAsync();

    public HttpClient CreateHttpClient() => _server.CreateHttpClient();

    /// <summary>Address of the replica's health and metrics endpoints.</summary>
    public Uri OperatorAddress(string name) => new(_replicas[name].Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal)));

    /// <summary>Address of the replica's webhook.</summary>
    public Uri WebhookAddress(string name) => new(_replicas[name].Urls.First(url => url.StartsWith("https:", StringComparison.Ordinal)));

    /// <summary>A service from the replica's container.</summary>
    public T Service<T>(string name)
        where T : notnull => _replicas[name].Services.GetRequiredService<T>();

    public async Task StopOperatorAsync(string name)
    {
        _replicas.Remove(name, out var replica);
        await replica!.StopAsync();
        await replica.DisposeAsync();
    }

    /// <summary>A tenant <c>a</c> with namespace <c>meet-a</c> and, in it, a pool <c>p</c>.</summary>
    public async Task WithTenantAsync(int replicas = 1, TenantQuotas? quotas = null, SfuPoolSpec? pool = null)
    {
        await CreateTenantAsync("a", quotas);
        await CreatePoolAsync("p", (pool ?? Pool()) with { Replicas = replicas });
        await EventuallyAsync(async () => (await PoolAsync("p")).Status?.ReadyReplicas == replicas, "the pool's nodes are ready");
    }

    public async Task CreateTenantAsync(string name, TenantQuotas? quotas = null, TenantPools? pools = null)
    {
        await Client.CreateAsync(
            new Tenant { Metadata = new ObjectMeta { Name = name }, Spec = new TenantSpec { Namespace = $"meet-{name}", Quotas = quotas ?? new TenantQuotas(), Pools = pools ?? new TenantPools() } }, default);
        await EventuallyAsync(async () => (await TenantAsync(name)).IsReady(), $"tenant {name} owns its namespace");
    }

    public Task<SfuPool> CreatePoolAsync(string name, SfuPoolSpec spec) =>
        Client.CreateAsync(new SfuPool { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = spec }, default);

    /// <param name="firstPort">First of the pool's 64 ports.</param>
    public static SfuPoolSpec Pool(int firstPort = 42000) => new()
    {
        Region = "local",
        Exposure = new SfuExposure { PortRange = new PortRange { Min = firstPort, Max = firstPort + 63 }, AddressSource = AddressSource.NodeInternalIP },
    };

    public Task<Meeting> CreateMeetingAsync(string name, MeetingSpec? spec = null, string tenant = "a", string @namespace = "meet-a") => Client.CreateAsync(
        new Meeting { Metadata = new ObjectMeta { Name = name, Namespace = @namespace }, Spec = (spec ?? new MeetingSpec()) with { TenantRef = new TenantReference { Name = tenant } } }, default);

    public Task<Tenant> TenantAsync(string name) => Client.GetAsync<Tenant>(new NamespacedName(null, name), default);

    public Task<SfuPool> PoolAsync(string name) => Client.GetAsync<SfuPool>(new NamespacedName("meet-a", name), default);

    public Task<Meeting?> TryMeetingAsync(string name) => Client.TryGetAsync<Meeting>(new NamespacedName("meet-a", name), default);

    public async Task<IReadOnlyList<SfuNode>> NodesAsync() => [.. (await Client.ListAsync<SfuNode>("meet-a", null, default)).Items];

    public async Task<Meeting> WaitForMeetingAsync(string name, Func<Meeting, bool> condition, string what, TimeSpan? timeout = null)
    {
        Meeting? last = null;
        await EventuallyAsync(
            async () =>
            {
                last = await TryMeetingAsync(name);
                return last is not null && condition(last);
            },
            $"meeting {name} {what}",
            () => System.Text.Json.JsonSerializer.Serialize(last?.Status, KubeJson.Options),
            timeout);
        return last!;
    }

    public Task<Meeting> WaitForReadyAsync(string name) => WaitForMeetingAsync(name, meeting => meeting.IsReady(), "is ready");

    /// <summary>Polls until the condition holds. On timeout, fails with the description and the operator's log.</summary>
    public Task EventuallyAsync(Func<Task<bool>> condition, string what, Func<string>? seen = null, TimeSpan? timeout = null) =>
        Eventually.TrueAsync(condition, () => $"{what}. Last: {seen?.Invoke()}\n{_log}", timeout ?? Timeout);

    private async Task ClearRealServerAsync()
    {
        if (_replicas.Count == 0)
        {
            await StartOperatorAsync("cleaner");
        }

        Kubelet.PodFailure = null;
        Kubelet.Paused = false;
        await RealServer.ClearAsync(Client, this);
    }

    public async ValueTask DisposeAsync()
    {
        if (RealServer.Config is not null)
        {
            await ClearRealServerAsync();
        }

        foreach (var replica in _replicas.Values)
        {
            await replica.StopAsync();
            await replica.DisposeAsync();
        }

        await Kubelet.DisposeAsync();
        await _server.DisposeAsync();
    }
}
