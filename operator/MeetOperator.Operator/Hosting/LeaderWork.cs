using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Hosting;

/// <summary>Everything that only the leading replica does. Created anew for each term, so that no state of an earlier term is used.</summary>
internal sealed class LeaderWork : IAsyncDisposable
{
    private readonly ClusterView _cluster;
    private readonly NodePoller _poller;
    private readonly DepartedNodes _departed;
    private readonly MachineProber _prober;
    private readonly ServiceReplicas _replicas;
    private readonly NodeClients _clients;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<IKindWork> _kinds;
    private readonly ControlAuthority _authority;
    private readonly ControlAuthorityKeeper _controlAuthorityKeeper;
    private readonly Func<CancellationToken, Task> _runWebhookAuthority = static _ => Task.CompletedTask;

    public LeaderWork(
        ClusterView cluster, LeaderTerm term, EventRecorder recorder, OperatorMetrics metrics, LoopHealth health, OperatorOptions options, ILoggerFactory logs, TimeProvider time, Random random)
    {
        (_cluster, _time, _logger) = (cluster, time, logs.CreateLogger<LeaderWork>());
        var wakeups = new FleetWakeups();
        var fleet = new MediaFleet(wakeups, time, cluster.Heartbeats);
        _authority = new ControlAuthority(time);
        _clients = new NodeClients(term, _authority, time);
        var relays = new RelayList(cluster, time);
        _poller = new NodePoller(fleet, _clients, metrics, health, logs.CreateLogger<NodePoller>(), time, () => relays.Current);
        _departed = new DepartedNodes(_clients, health, logs.CreateLogger<DepartedNodes>(), time);
        _replicas = new ServiceReplicas(cluster.Client, options.Namespace, logs.CreateLogger<ServiceReplicas>(), time);
        _prober = new MachineProber(fleet, wakeups, timeout => ProbeClient(cluster.Client.Config, timeout, time), _replicas, health, logs.CreateLogger<MachineProber>(), time);
        var context = new LeaderContext
        {
            Cluster = cluster,
            Fleet = fleet,
            Wakeups = wakeups,
            Clients = _clients,
            Poller = _poller,
            Departed = _departed,
            Authority = _authority,
            Quotas = new QuotaLedger(),
            RelayUse = new RelayLedger(time, metrics.RecordRelayed),
            Events = new MeetEvents(recorder, logs.CreateLogger<MeetEvents>()),
            Metrics = metrics,
            Health = health,
            Options = options,
            Logs = logs,
            Time = time,
            Random = random,
        };
        _kinds = [.. MeetKinds.All.Select(kind => kind.Lead(context))];
        _controlAuthorityKeeper = new ControlAuthorityKeeper(cluster.Client, options.Control, options.Namespace, _authority, time, logs.CreateLogger<ControlAuthorityKeeper>());
        if (options.Webhook is { CertificateDirectory: null } webhook)
        {
            // Does not wait for the informers: objects of all kinds depend on the webhook.
            var keeper = new AuthorityKeeper(cluster.Client, webhook, options.Namespace, time, logs.CreateLogger<AuthorityKeeper>());
            _runWebhookAuthority = keeper.RunAsync;
        }
    }

    /// <summary>Leads until <paramref name="ct"/> is canceled.</summary>
    public Task RunAsync(CancellationToken ct) => Task.WhenAll(
        SuperviseAsync("webhook-authority", _runWebhookAuthority, ct), SuperviseAsync("control-authority", _controlAuthorityKeeper.RunAsync, ct), SuperviseAsync("controllers", RunKindsAsync, ct),
        SuperviseAsync(MachineProber.LoopName, _prober.RunAsync, ct));

    /// <summary>Restarts a part that fails, so that it neither ends unnoticed while the replica holds the Lease nor stops the other parts.</summary>
    private Task SuperviseAsync(string name, Func<CancellationToken, Task> work, CancellationToken ct) => Supervised.RunAsync(name, work, _time, _logger, ct);

    private static KubeClient ProbeClient(KubeConfig kube, TimeSpan timeout, TimeProvider time) =>
        new(kube, new KubeClientOptions { UserAgent = "meet-operator", RequestTimeout = timeout, BeforeWrite = static () => throw new InvalidOperationException("A probe only reads.") }, time);

    private async Task RunKindsAsync(CancellationToken ct)
    {
        await Task.WhenAll(_cluster.All.Select(informer => informer.WaitForSyncAsync(ct))).ConfigureAwait(false);
        await _authority.WaitAsync(ct).ConfigureAwait(false); // Required to create or call media nodes.
        foreach (var kind in _kinds)
        {
            kind.Start();
        }

        _authority.StartObserving();
        await Task.WhenAll(_kinds.SelectMany(kind => kind.Loops).Select(run => SuperviseAsync("controller", run, ct))).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var kind in _kinds)
        {
            kind.Stop();
        }

        await _poller.DisposeAsync().ConfigureAwait(false);
        await _departed.DisposeAsync().ConfigureAwait(false);
        _clients.Dispose();
        _replicas.Dispose();
    }
}
