using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.ApiServer;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime;
using MeetOperator.Kube.Testing;
using MeetOperator.Operator.Admission;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Bench.Operator;

/// <summary>What the operator is measured on: API server, operator, simulated media nodes, and an observer with a watch of its own.</summary>
internal sealed class OperatorStage : IAsyncDisposable
{
    public const string Tenant = "bench";
    public const string Namespace = "meet-bench";
    private const int MediaNodes = 6;
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("meet-bench-");
    private readonly CancellationTokenSource _stop = new();
    private TestApiServer _server = null!;
    private FakeKubelet _kubelet = null!;
    private WebApplication _operator = null!;
    private Task _observing = Task.CompletedTask;

    private OperatorStage()
    {
    }

    public KubeClient Client => _server.Client;
    public Informer<Meeting> Meetings { get; private set; } = null!;

    public static async Task<OperatorStage> StartAsync()
    {
        var stage = new OperatorStage();
        await stage.BuildAsync().ConfigureAwait(false);
        return stage;
    }

    public async ValueTask DisposeAsync()
    {
        await _operator.StopAsync().ConfigureAwait(false);
        await _operator.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _observing.ConfigureAwait(false);
        await _kubelet.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        _data.Delete(recursive: true);
    }

    private async Task BuildAsync()
    {
        _server = await TestApiServer.StartAsync(new ApiServerOptions
        {
            DataDirectory = _data.FullName,
            Manifests = Repository.Crds(),
            AdmissionPolicies = [new MeetAdmission()],
        }).ConfigureAwait(false);
        _kubelet = new FakeKubelet(_server.Client);
        var options = new OperatorOptions { ControlKey = new byte[32], Address = "127.0.0.1:0" };
        var kube = new KubeConfig { Server = _server.Server.Address, Token = _server.Server.Token };
        _operator = OperatorHost.Build(kube, options, logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning));
        await _operator.StartAsync().ConfigureAwait(false);
        Meetings = new Informer<Meeting>(_server.Client);
        _observing = Meetings.RunAsync(_stop.Token);
        await Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = Tenant }, Spec = new TenantSpec { Namespace = Namespace } }, default).ConfigureAwait(false);
        await UntilAsync(async () => Conditions.IsTrue((await Client.GetAsync<Tenant>(new NamespacedName(null, Tenant), default).ConfigureAwait(false)).Status?.Conditions, MeetConditions.Ready)).ConfigureAwait(false);
        await Client.CreateAsync(Pool(), default).ConfigureAwait(false);
        await UntilAsync(async () => (await Client.GetAsync<SfuPool>(new NamespacedName(Namespace, "pool"), default).ConfigureAwait(false)).Status?.ReadyReplicas == MediaNodes).ConfigureAwait(false);
    }

    private static SfuPool Pool() => new()
    {
        Metadata = new ObjectMeta { Name = "pool", Namespace = Namespace },
        Spec = new SfuPoolSpec
        {
            Replicas = MediaNodes,
            Exposure = new SfuExposure { PortRange = new PortRange { Min = 42000, Max = 42063 }, AddressSource = AddressSource.HostIP },
        },
    };

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition().ConfigureAwait(false))
        {
            await Task.Delay(20, deadline.Token).ConfigureAwait(false);
        }
    }
}
