using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Metrics;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Terms;

namespace MeetOperator.Operator.Hosting;

/// <summary>One replica. Its informers always run, so that a follower takes over with a complete cache; everything else runs only while it leads.</summary>
internal sealed class OperatorService(
    ClusterView cluster, KubeConfig kube, LeadershipGuard guard, OperatorMetrics metrics, LoopHealth health, OperatorOptions options, ILoggerFactory logs, TimeProvider time) : BackgroundService
{
    public const string LeaseName = "meet-operator";

    /// <summary>True once the informers have synced.</summary>
    public bool IsReady => cluster.All.All(informer => informer.HasSynced);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var informers = Task.WhenAll(cluster.All.Append(cluster.ApiKeys).Append(cluster.ClusterNodes).Append(cluster.MachineLeases).Select(informer => informer.RunAsync(stoppingToken)));
        await EnsureNamespaceAsync(stoppingToken).ConfigureAwait(false);

        // Separate clients: the guarded one could neither renew the Lease nor record the last events of a term, and a connection that hangs must not cost a term.
        using var unguarded = new KubeClient(kube, new KubeClientOptions { UserAgent = "meet-operator", FieldManager = FieldManagers.Operator });
        using var lease = new KubeClient(kube, new KubeClientOptions
        {
            UserAgent = "meet-operator",
            FieldManager = FieldManagers.Operator,
            RequestTimeout = options.LeaseDuration,
            UseHttp1 = true,
        });
        var election = new LeaderElection(
            lease,
            new LeaderElectionOptions
            {
                Namespace = options.Namespace,
                Name = LeaseName,
                Identity = options.PodName,
                LeaseDuration = options.LeaseDuration,
                RenewDeadline = options.LeaseDuration * 3 / 4,
                RenewPeriod = options.LeaseDuration / 4,
                RetryPeriod = options.LeaseDuration / 16,
                Health = health,
            },
            time,
            logger: logs.CreateLogger<LeaderElection>());
        await election.RunAsync(leadership => LeadAsync(leadership, unguarded), stoppingToken).ConfigureAwait(false);
        await informers.ConfigureAwait(false);
    }

    private async Task LeadAsync(Leadership leadership, KubeClient unguarded)
    {
        guard.SetLeadership(leadership);
        using var events = CancellationTokenSource.CreateLinkedTokenSource(leadership.Lost);
        var recorder = new EventRecorder(unguarded, "meet-operator", options.PodName, time, logs.CreateLogger<EventRecorder>());
        var recording = Supervised.RunAsync("events", recorder.RunAsync, time, logs.CreateLogger<EventRecorder>(), events.Token);
        var work = new LeaderWork(cluster, LeaderTerm.Of(leadership), recorder, metrics, health, options, logs, time, Random.Shared);
        try
        {
            await using (work.ConfigureAwait(false))
            {
                await work.RunAsync(leadership.Lost).ConfigureAwait(false);
            }
        }
        finally
        {
            await events.CancelAsync().ConfigureAwait(false);
            await recording.ConfigureAwait(false);
        }
    }

    /// <summary>Outside a Pod, the namespace of the Lease may not exist yet. Inside a Pod it exists, and the operator may lack permission to read it.</summary>
    private async Task EnsureNamespaceAsync(CancellationToken ct)
    {
        using var client = new KubeClient(kube, new KubeClientOptions { UserAgent = "meet-operator", FieldManager = FieldManagers.Operator });
        try
        {
            await client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = options.Namespace } }, ct).ConfigureAwait(false);
        }
        catch (Exception known) when (known is KubeApiException or HttpRequestException or TimeoutException || (known is OperationCanceledException && ct.IsCancellationRequested))
        {
            // The namespace exists, or the leader election will report the error.
        }
    }
}
