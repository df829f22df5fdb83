using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Hosting;

/// <summary>One replica: its informers always run, so that a follower takes over with a full picture; the rest only while it leads.</summary>
internal sealed class OperatorService(ClusterView cluster, OperatorOptions options, ILoggerFactory logs, TimeProvider time) : BackgroundService
{
    /// <summary>True once the informers have synced: the replica can take work.</summary>
    public bool IsReady => cluster.All.All(informer => informer.HasSynced);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var informers = Task.WhenAll(cluster.All.Select(informer => informer.RunAsync(stoppingToken)));
        await LeadAsync(stoppingToken).ConfigureAwait(false);
        await informers.ConfigureAwait(false);
    }

    private async Task LeadAsync(CancellationToken ct)
    {
        var work = new LeaderWork(cluster, options, logs, time, Random.Shared);
        await using (work.ConfigureAwait(false))
        {
            try
            {
                await work.RunAsync(ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // The replica stops.
            }
        }
    }
}
