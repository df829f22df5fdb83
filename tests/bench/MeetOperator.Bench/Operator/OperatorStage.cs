using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Hosting;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Bench.Operator;

/// <summary>
/// The environment of the operator bench: API server, simulated media nodes, and an observer with its own watch. The operator runs in this process, or in processes
/// of their own that can be killed.
/// </summary>
internal sealed class OperatorStage : IAsyncDisposable
{
    public const string Tenant = "bench";
    public const string Namespace = "meet-bench";
    private const string OperatorNamespace = "meet-bench-system";
    private readonly StageServer _server;
    private readonly StageSize _size;
    private readonly CancellationTokenSource _stop = new();
    private readonly FakeKubelet _kubelet;
    private readonly WebApplication? _operator;
    private readonly Dictionary<string, OperatorProcess> _processes = [];
    private readonly Task _observing;

    private OperatorStage(StageServer server, StageSize size)
    {
        (_server, _size) = (server, size);
        _kubelet = new FakeKubelet(server.Client, Namespace);
        var options = new OperatorOptions { Address = "127.0.0.1:0", Namespace = OperatorNamespace };
        _operator = size.Processes > 0 ? null : OperatorHost.Build(server.Config, options, logging => logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning));
        Meetings = new Informer<Meeting>(server.Client, new InformerOptions { Namespace = Namespace });
        _observing = Meetings.RunAsync(_stop.Token);
    }

    public KubeClient Client => _server.Client;
    public Informer<Meeting> Meetings { get; }

    /// <param name="server">The API server.</param>
    /// <param name="size">What runs on it.</param>
    public static async Task<OperatorStage> StartAsync(StageServer server, StageSize? size = null)
    {
        var stage = new OperatorStage(server, size ?? new StageSize());
        await stage.BuildAsync().ConfigureAwait(false);
        return stage;
    }

    /// <summary>Meetings of each media node.</summary>
    public IReadOnlyDictionary<string, int> Rooms() => _kubelet.Nodes.ToDictionary(node => node.Name, node => node.Rooms().Count);

    /// <summary>The media node of each room.</summary>
    public IReadOnlyDictionary<string, SimulatedMediaNode> NodesOfRooms() =>
        _kubelet.Nodes.SelectMany(node => node.Rooms().Keys.Select(room => (room, node))).ToDictionary(pair => pair.room, pair => pair.node, StringComparer.Ordinal);

    /// <summary>Processor time of all operator processes so far.</summary>
    public TimeSpan ProcessorTime => _processes.Values.Aggregate(TimeSpan.Zero, static (sum, process) => sum + process.ProcessorTime);

    /// <summary>The process of a media node dies, and its container is not started again.</summary>
    public Task KillNodeAsync(string name) => _kubelet.KillAsync(name);

    /// <summary>Waits until all operator processes are ready, and returns the name of the leader.</summary>
    public async Task<string> LeaderAsync()
    {
        await Task.WhenAll(_processes.Values.Select(process => process.ReadyAsync())).ConfigureAwait(false);
        var lease = await Client.GetAsync<Lease>(new NamespacedName(OperatorNamespace, "meet-operator"), default).ConfigureAwait(false);
        return lease.Spec.HolderIdentity is { Length: > 0 } holder ? holder : throw new InvalidOperationException("No operator process leads.");
    }

    /// <summary>When the present leader acquired the Lease. It runs on this machine, so its clock is the same.</summary>
    public async Task<DateTimeOffset> AcquiredAsync() =>
        (await Client.GetAsync<Lease>(new NamespacedName(OperatorNamespace, "meet-operator"), default).ConfigureAwait(false)).Spec.AcquireTime!.Value;

    /// <summary>Kills an operator process with SIGKILL.</summary>
    public void KillOperator(string name)
    {
        _processes.Remove(name, out var process);
        process!.Dispose();
    }

    public void StartOperator(string name) => _processes[name] = OperatorProcess.Start(_server.Config, name, OperatorNamespace);

    /// <summary>Sets the number of simulated participants of a meeting on its media node.</summary>
    public void SetParticipants(string meeting, int participants)
    {
        var node = _kubelet.Nodes.First(candidate => candidate.Rooms().ContainsKey(meeting));
        node.SetParticipants(meeting, participants);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server.IsCluster)
        {
            await ClearAsync().ConfigureAwait(false);
        }

        if (_operator is not null)
        {
            await _operator.StopAsync().ConfigureAwait(false);
            await _operator.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var process in _processes.Values)
        {
            process.Dispose();
        }

        if (_server.IsCluster)
        {
            await Client.TryDeleteAsync<Namespace>(new NamespacedName(null, OperatorNamespace), default).ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _observing.ConfigureAwait(false);
        await _kubelet.DisposeAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
    }

    private async Task BuildAsync()
    {
        if (_operator is not null)
        {
            await _operator.StartAsync().ConfigureAwait(false);
        }
        else
        {
            for (var number = 1; number <= _size.Processes; number++)
            {
                StartOperator($"operator-{number}");
            }
        }

        await Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = Tenant }, Spec = new TenantSpec { Namespace = Namespace, DeletionPolicy = TenantDeletionPolicy.Delete } }, default).ConfigureAwait(false);
        await UntilAsync(async () => Conditions.IsTrue((await Client.GetAsync<Tenant>(new NamespacedName(null, Tenant), default).ConfigureAwait(false)).Status?.Conditions, MeetConditions.Ready)).ConfigureAwait(false);
        await Client.CreateAsync(Pool(_size.MediaNodes), default).ConfigureAwait(false);
        await UntilAsync(async () => (await Client.GetAsync<SfuPool>(new NamespacedName(Namespace, "pool"), default).ConfigureAwait(false)).Status?.ReadyReplicas == _size.MediaNodes).ConfigureAwait(false);
    }

    /// <summary>Deletes the created resources while the operator still runs, because it must remove its finalizers.</summary>
    private async Task ClearAsync()
    {
        var left = await Client.ListAllAsync<Meeting>(Namespace, null, default).ConfigureAwait(false);
        await Parallel.ForEachAsync(left.Items, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (meeting, ct) =>
            await Client.TryDeleteAsync<Meeting>(meeting.Metadata.NamespacedName, ct).ConfigureAwait(false)).ConfigureAwait(false);
        await UntilAsync(async () => (await Client.ListAsync<Meeting>(Namespace, new ListOptions { Limit = 1 }, default).ConfigureAwait(false)).Items.Count == 0).ConfigureAwait(false);
        var pool = new NamespacedName(Namespace, "pool");
        await Client.TryDeleteAsync<SfuPool>(pool, default).ConfigureAwait(false);
        await UntilAsync(async () => await Client.TryGetAsync<SfuPool>(pool, default).ConfigureAwait(false) is null).ConfigureAwait(false);
        await Client.TryDeleteAsync<Tenant>(new NamespacedName(null, Tenant), default).ConfigureAwait(false);
        await UntilAsync(async () => await Client.TryGetAsync<Namespace>(new NamespacedName(null, Namespace), default).ConfigureAwait(false) is null).ConfigureAwait(false);
    }

    /// <summary>No cluster node has the label, so that a real scheduler does not schedule the Pods and only the fake kubelet runs them.</summary>
    private static SfuPool Pool(int mediaNodes) => new()
    {
        Metadata = new ObjectMeta { Name = "pool", Namespace = Namespace },
        Spec = new SfuPoolSpec
        {
            Replicas = mediaNodes,
            Exposure = new SfuExposure { PortRange = new PortRange { Min = 42000, Max = 42127 }, AddressSource = AddressSource.NodeInternalIP },
            Capacity = new SfuCapacity { MaxMeetings = 250, MaxParticipants = 2500 },
            Template = new MediaNodeTemplate { NodeSelector = new Dictionary<string, string> { ["meet-bench"] = "simulated" } },
        },
    };

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (!await condition().ConfigureAwait(false))
        {
            await Task.Delay(50, deadline.Token).ConfigureAwait(false);
        }
    }
}
