using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>
/// Reads from the API server whether a meeting has ended, for cases where the informer cache and the database rows disagree: the cache may be stale, and a row
/// may belong to an earlier meeting with the same name.
/// </summary>
internal sealed class MeetingStateReader(KubeClient kube, MeetingDirectory directory, IMeetingRepository rows, TimeProvider time)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Lists the IDs of a tenant's meetings that have not ended. Returns null if the API server does not respond.</summary>
    public async Task<IReadOnlySet<string>?> ListLiveIdsAsync(string tenant, CancellationToken ct)
    {
        if (!directory.HasSynced || !directory.IsCurrent)
        {
            return null;
        }

        if (directory.FindTenant(tenant) is not { } found)
        {
            return new HashSet<string>(0);
        }

        try
        {
            var meetings = await ListAsync(found, ct).ConfigureAwait(false);
            return meetings.Where(m => !MeetingView.HasEnded(m)).Select(MeetingId.Of).ToHashSet(StringComparer.Ordinal);
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Reads the state of a meeting that is missing in the informer cache.</summary>
    public async Task<MeetingState> ReadAsync(MeetingRow row, CancellationToken ct)
    {
        if (!directory.HasSynced)
        {
            return MeetingState.Unknown;
        }

        if (directory.FindTenant(row.Tenant) is { } tenant)
        {
            return await ReadAsync(row.MeetingId, limit => FindAsync(tenant, row, limit), ct).ConfigureAwait(false);
        }

        return directory.IsCurrent ? MeetingState.Ended : MeetingState.Unknown;
    }

    /// <summary>
    /// Reads the state of a meeting that is live in the informer cache. If its row has ended, the API server decides: either the meeting has ended, or the row is
    /// reopened.
    /// </summary>
    public async Task<MeetingState> ReadAsync(MeetingView view, CancellationToken ct)
    {
        // Read the row first, because ending a meeting updates the object before the row.
        var row = await rows.FindAsync(view.TenantName, view.Id, ct).ConfigureAwait(false);
        if (row is not { Status: MeetingRowStatus.Ended })
        {
            return MeetingState.Live;
        }

        var state = await ReadAsync(view.Id, limit => GetAsync(view.Object.Metadata.NamespacedName, limit), ct).ConfigureAwait(false);
        if (state == MeetingState.Live)
        {
            await rows.ReopenAsync(view.TenantName, view.Id, row.EndTime ?? 0, ct).ConfigureAwait(false);
        }

        return state;
    }

    private static MeetingState StateOf(string meetingId, IEnumerable<Meeting> found) =>
        found.Any(m => MeetingId.Of(m) == meetingId && !MeetingView.HasEnded(m)) ? MeetingState.Live : MeetingState.Ended;

    private async Task<IReadOnlyList<Meeting>> ListAsync(Tenant tenant, CancellationToken ct) =>
        [.. (await kube.ListAllAsync<Meeting>(tenant.Spec.Namespace, null, ct).ConfigureAwait(false)).Items];

    private async Task<IReadOnlyList<Meeting>> GetAsync(NamespacedName name, CancellationToken ct) =>
        await kube.TryGetAsync<Meeting>(name, ct).ConfigureAwait(false) is { } meeting ? [meeting] : [];

    private async Task<IReadOnlyList<Meeting>> FindAsync(Tenant tenant, MeetingRow row, CancellationToken ct)
    {
        var named = await GetAsync(new NamespacedName(tenant.Spec.Namespace, row.MeetingId), ct).ConfigureAwait(false);

        // A meeting that was created with kubectl has its UID as ID, and the API server cannot look up objects by UID, so the namespace is listed. An ended
        // meeting needs no list, because no other meeting gets its UID.
        return named.Count > 0 || row.Status == MeetingRowStatus.Ended ? named : await ListAsync(tenant, ct).ConfigureAwait(false);
    }

    private async Task<MeetingState> ReadAsync(string meetingId, Func<CancellationToken, Task<IReadOnlyList<Meeting>>> find, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(CallTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return StateOf(meetingId, await find(linked.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is KubeApiException or HttpRequestException or TimeoutException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return MeetingState.Unknown;
        }
    }
}
