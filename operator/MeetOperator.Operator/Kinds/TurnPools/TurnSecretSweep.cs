using MeetOperator.Contracts.TurnPools;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Removes the records of pools that were deleted while no operator ran: at the start of a term, and then now and again.</summary>
internal sealed class TurnSecretSweep(ClusterView cluster, TurnSecrets secrets, TurnCertificates certificates, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            await secrets.SweepAsync(entry => cluster.TurnPools.List().Any(pool => TurnRecord.EntryOf(pool.Metadata.Namespace!, pool.Metadata.Name!) == entry), ct).ConfigureAwait(false);
            string[] existing = [.. cluster.TurnPools.List().Select(pool => pool.Metadata.Uid!)];
            secrets.Forget(existing);
            certificates.Forget(existing);
            await Task.Delay(Interval, time, ct).ConfigureAwait(false);
        }
    }
}
