using System.Data.Common;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>
/// Brings the database's schema up to date. Waits for a database that starts later than this server, and for one whose schema is too new for it:
/// until then the server is not ready, and says why.
/// </summary>
public sealed partial class Schema(ISqlDatabase database, TimeProvider time, ILogger<Schema> logger) : BackgroundService
{
    private static readonly TimeSpan TryEvery = TimeSpan.FromSeconds(1);

    private volatile string? problem = "the database has not been prepared yet";

    /// <summary>Null when the schema is one that this program works with.</summary>
    public string? Problem => problem;

    /// <summary>One attempt. False when the database is away or its schema too new.</summary>
    public async Task<bool> TryMigrateAsync(CancellationToken ct)
    {
        try
        {
            await Migrator.MigrateAsync(database, time, ct).ConfigureAwait(false);
            problem = null;
        }
        catch (SchemaTooNewException e)
        {
            Refuse(e.Message, e.Message);
        }
        catch (Exception e) when (Failures.IsDatabaseOutage(e))
        {
            LogAway(logger, e.Message);
        }
        catch (DbException e)
        {
            // A right that is missing, a file that is no database: until somebody has seen to it.
            Refuse("the database cannot be prepared: the server's log says why", $"the database cannot be prepared: {e.Message}");
        }

        return problem is null;
    }

    private void Refuse(string told, string logged)
    {
        if (problem != told)
        {
            LogRefused(logger, logged);
        }

        problem = told;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (problem is not null && !stoppingToken.IsCancellationRequested && !await TryMigrateAsync(stoppingToken).ConfigureAwait(false))
        {
            await Task.Delay(TryEvery, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(3080, LogLevel.Warning, "The database cannot be prepared yet: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);

    [LoggerMessage(3081, LogLevel.Error, "This server takes no work: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
