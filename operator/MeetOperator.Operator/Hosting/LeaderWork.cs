using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Meetings.Steps;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;
using MeetOperator.Operator.Webhook;

namespace MeetOperator.Operator.Hosting;

/// <summary>Everything that only the leading replica does. Created anew for each term, so that no state of an earlier term is used.</summary>
internal sealed class LeaderWork : IAsyncDisposable
{
    /// <summary>Limits the status writes of all meetings that cannot be placed, so that they do not overload the API server.</summary>
    private const int WaitingStatusesPerSecond = 3;
    private const int WaitingEventsPerSecond = 2;
    private readonly ClusterView _cluster;
    private readonly MediaFleet _fleet;
    private readonly QuotaLedger _ledger = new();
    private readonly MeetingStateSync _stateSync;
    private readonly NodePoller _poller;
    private readonly FleetFeed _feed;
    private readonly NodeClients _clients;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<Func<CancellationToken, Task>> _controllers;
    private readonly ControlAuthority _authority;
    private readonly ControlAuthorityKeeper _controlAuthorityKeeper;
    private readonly Func<CancellationToken, Task> _runWebhookAuthority = static _ => Task.CompletedTask;

    public LeaderWork(
        ClusterView cluster, LeaderTerm term, EventRecorder recorder, OperatorMetrics metrics, LoopHealth health, OperatorOptions options, ILoggerFactory logs, TimeProvider time, Random random)
    {
        (_cluster, _time, _logger) = (cluster, time, logs.CreateLogger<LeaderWork>());
        var wakeups = new FleetWakeups();
        var pending = new PendingMeetings();
        var waiting = new PendingWakeups(pending, time);
        var apiKeys = new ApiKeyStates();
        var rights = new PoolRights(cluster, options);
        _authority = new ControlAuthority(time);
        var events = new MeetEvents(recorder, logs.CreateLogger<MeetEvents>());
        _clients = new NodeClients(term, _authority, time);
        _fleet = new MediaFleet(wakeups, time);
        _poller = new NodePoller(_fleet, _clients, metrics, health, logs.CreateLogger<NodePoller>(), time);
        _feed = new FleetFeed(cluster, _fleet, _poller, rights, _authority);

        var releases = new MeetingReleases(_fleet, _ledger, pending, waiting);
        var ids = new MeetingIds(cluster, _fleet);
        _stateSync = new MeetingStateSync(cluster, _fleet, _ledger, releases, ids, rights);
        var ages = new MeetingAges(time);
        var rooms = new RoomKeeper(_fleet, _clients, new NodeCallLimit(Math.Max(1, options.MeetingConcurrency / 4), time));
        var steps = MeetingSteps.Create(cluster, _fleet, ids, rights, _ledger, pending, releases, rooms, ages, new MeetingEvents(events, metrics, new WriteBudget(WaitingEventsPerSecond, time)));
        var controller = new MeetingController(cluster, steps, ages, releases, new WriteBudget(WaitingStatusesPerSecond, time), options, time);
        var meetings = MeetingWatches.Controller(cluster, _stateSync, health, options, logs).Build(controller);
        var nodes = NodeWatches.Controller(cluster, health, logs).Build(
            new SfuNodeController(
                cluster, _fleet, rights, new PodSecrets(cluster, _authority, time), new NodeDrains(cluster, _fleet, _clients, events, time), events, options, time, random));
        var pools = PoolWatches.Controller(cluster, health, logs).Build(new SfuPoolController(cluster, _fleet, rights, events, options, time, random));
        var tenants = TenantWatches.Controller(cluster, health, logs).Build(new TenantController(cluster, _fleet, _ledger, apiKeys, events, options, time));
        var projection = ApiKeyWatches.Controller(cluster, health, logs).Build(new ApiKeyController(cluster, apiKeys, tenants.Enqueue, options));

        wakeups.Meeting = meetings.Enqueue;
        controller.Wake = meetings.Enqueue;
        wakeups.Node = nodes.Enqueue;
        wakeups.Pool = pools.Enqueue;
        waiting.Wake = meetings.Enqueue;
        wakeups.CapacityGrew = waiting.OnCapacityFreed;
        _controllers = [tenants.RunAsync, pools.RunAsync, nodes.RunAsync, meetings.RunAsync, projection.RunAsync, ct => _stateSync.WatchAsync(meetings.Enqueue, time, ct), waiting.RunAsync];
        _controlAuthorityKeeper = new ControlAuthorityKeeper(cluster.Client, options.Control, options.Namespace, _authority, time, logs.CreateLogger<ControlAuthorityKeeper>());
        if (options.Webhook is { CertificateDirectory: null } webhook)
        {
            // Does not wait for the informers: objects of all kinds depend on the webhook.
            var keeper = new AuthorityKeeper(cluster.Client, webhook, options.Namespace, time, logs.CreateLogger<AuthorityKeeper>());
            _runWebhookAuthority = keeper.RunAsync;
        }
    }

    /// <summary>Leads until <paramref name="ct"/> is canceled.</summary>
    public Task RunAsync(CancellationToken ct) => Task.WhenAll(SuperviseAsync("webhook-authority", _runWebhookAuthority, ct), SuperviseAsync("control-authority", _controlAuthorityKeeper.RunAsync, ct), SuperviseAsync("controllers", RunControllersAsync, ct));

    /// <summary>Restarts a part that fails, so that it neither ends unnoticed while the replica holds the Lease nor stops the other parts.</summary>
    private Task SuperviseAsync(string name, Func<CancellationToken, Task> work, CancellationToken ct) => Supervised.RunAsync(name, work, _time, _logger, ct);

    private async Task RunControllersAsync(CancellationToken ct)
    {
        await Task.WhenAll(_cluster.All.Select(informer => informer.WaitForSyncAsync(ct))).ConfigureAwait(false);
        await _authority.WaitAsync(ct).ConfigureAwait(false); // Required to create or call media nodes.
        _stateSync.Restore();
        _feed.Start();
        _authority.StartObserving();
        await Task.WhenAll(_controllers.Select(run => SuperviseAsync("controller", run, ct))).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _feed.Dispose();
        await _poller.DisposeAsync().ConfigureAwait(false);
        _clients.Dispose();
    }
}
