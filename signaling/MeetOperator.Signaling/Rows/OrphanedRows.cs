using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Rows;

/// <summary>
/// Closes the rows of meetings whose objects or tenants were deleted while no replica ran. Nothing else ends these rows, and retention applies only to ended
/// rows. A row is written before its object, so a row is closed only if its object is missing in two consecutive rounds.
/// </summary>
internal sealed partial class OrphanedRows(
    IRetentionRepository open, IMeetingRepository rows, MeetingDirectory directory, MeetingStateReader states, Schema schema, SignalingOptions options, TimeProvider time, ILogger<OrphanedRows> logger)
    : BackgroundService
{
    private const int Page = 500;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private HashSet<(string Tenant, string MeetingId)> _suspects = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = options.Timings.RowCheckInterval;
            try
            {
                // An incomplete informer cache lacks meetings whose rows are not orphaned.
                if (schema.NotReadyMessage is not null || !directory.HasSynced || !directory.IsCurrent)
                {
                    wait = RetryAfter;
                }
                else
                {
                    _suspects = await CheckAsync(stoppingToken).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(logger, e.Message); // The next round retries.
            }

            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Closes the suspects of the previous round that still have no object. Returns the new suspects.</summary>
    private async Task<HashSet<(string Tenant, string MeetingId)>> CheckAsync(CancellationToken ct)
    {
        var (found, closed) = (new HashSet<(string Tenant, string MeetingId)>(), 0);
        var live = new Dictionary<string, IReadOnlySet<string>?>(StringComparer.Ordinal);
        IReadOnlyList<MeetingRow> page = [];
        do
        {
            page = await open.ListOpenAsync(page.Count > 0 ? page[^1] : null, Page, ct).ConfigureAwait(false);
            foreach (var row in page.Where(r => directory.Find(r.MeetingId)?.TenantName != r.Tenant))
            {
                var key = (row.Tenant, row.MeetingId);
                if (!_suspects.Contains(key))
                {
                    found.Add(key);
                    continue;
                }

                if (!live.TryGetValue(row.Tenant, out var ids))
                {
                    live[row.Tenant] = ids = await states.ListLiveIdsAsync(row.Tenant, ct).ConfigureAwait(false);
                }

                if (ids is null)
                {
                    found.Add(key);
                }
                else if (!ids.Contains(row.MeetingId))
                {
                    await rows.CloseAsync(row.Tenant, row.MeetingId, time.GetUtcNow().ToUnixTimeMilliseconds(), ct).ConfigureAwait(false);
                    closed++;
                }
            }
        }
        while (page.Count == Page);

        if (closed > 0)
        {
            LogClosed(logger, closed);
        }

        return found;
    }

    [LoggerMessage(3095, LogLevel.Information, "Closed the database rows of {Count} meetings whose objects were deleted")]
    private static partial void LogClosed(ILogger logger, int count);

    [LoggerMessage(3096, LogLevel.Warning, "Failed to compare database rows with Meeting objects; retrying in the next round: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
