using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Rows;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Hosting;

/// <summary>
/// Deletes the rows of meetings that ended longer ago than <see cref="SignalingOptions.RowRetention"/>, in batches. Several replicas may do so concurrently.
/// </summary>
internal sealed partial class RowRetention(IRetentionRepository retention, Schema schema, SignalingOptions options, TimeProvider time, ILogger<RowRetention> logger) : BackgroundService
{
    private const int BatchSize = 200;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.RowRetention is not { } keep)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                if (schema.NotReadyMessage is null)
                {
                    await SweepAsync(keep, stoppingToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(logger, e.Message); // The next round retries.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task SweepAsync(TimeSpan keep, CancellationToken ct)
    {
        var before = (time.GetUtcNow() - keep).ToUnixTimeMilliseconds();
        int removed;
        var total = 0;
        do
        {
            total += removed = await retention.RemoveEndedBeforeAsync(before, BatchSize, ct).ConfigureAwait(false);
        }
        while (removed == BatchSize);

        if (total > 0)
        {
            LogRemoved(logger, total, keep.TotalDays);
        }
    }

    [LoggerMessage(3090, LogLevel.Information, "Deleted the database rows of {Count} meetings that ended more than {Days} days ago")]
    private static partial void LogRemoved(ILogger logger, int count, double days);

    [LoggerMessage(3091, LogLevel.Warning, "Failed to delete the database rows of old meetings; retrying in the next round: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
