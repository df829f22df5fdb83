using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>Brings the database's schema up to date, and waits for a database that starts later than this server: until then it is not ready.</summary>
public sealed partial class Schema(ISqlDatabase database, TimeProvider time, ILogger<Schema> logger) : BackgroundService
{
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(1);

    private volatile bool isCurrent;

    public bool IsCurrent => isCurrent;

    /// <summary>One attempt. False when the database is away; a schema that is newer than this program throws.</summary>
    public async Task<bool> TryMigrateAsync(CancellationToken ct)
    {
        try
        {
            await Migrator.MigrateAsync(database, time, ct).ConfigureAwait(false);
            isCurrent = true;
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            LogAway(logger, e.Message);
        }

        return isCurrent;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!isCurrent && !stoppingToken.IsCancellationRequested && !await TryMigrateAsync(stoppingToken).ConfigureAwait(false))
        {
            await Task.Delay(TryEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(3080, LogLevel.Warning, "The database cannot be prepared yet: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);
}
