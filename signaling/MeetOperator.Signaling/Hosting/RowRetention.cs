using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>Removes the rows of meetings that ended longer ago than <see cref="SignalingOptions.RowRetention"/>, a piece at a time. Several instances may do it at once.</summary>
public sealed partial class RowRetention(IRetentionRepository retention, Schema schema, SignalingOptions options, TimeProvider time, ILogger<RowRetention> logger) : BackgroundService
{
    private const int Piece = 200;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.RowRetention is not { } keep)
        {
            return;
        }

        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                if (schema.Problem is null)
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
                LogFailed(logger, e.Message); // The next round does it.
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
            total += removed = await retention.RemoveEndedBeforeAsync(before, Piece, ct).ConfigureAwait(false);
        }
        while (removed == Piece);

        if (total > 0)
        {
            LogRemoved(logger, total, keep.TotalDays);
        }
    }

    [LoggerMessage(3090, LogLevel.Information, "Removed the rows of {Count} meetings that ended more than {Days} days ago")]
    private static partial void LogRemoved(ILogger logger, int count, double days);

    [LoggerMessage(3091, LogLevel.Warning, "Rows of old meetings could not be removed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
