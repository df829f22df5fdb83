using System.Data.Common;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Migrations;

namespace MeetOperator.Signaling.Rows;

/// <summary>
/// Migrates the database schema. Retries while the database is unavailable or its schema is too new for this program. Until the migration succeeds, the server is
/// unready and the readiness response explains why.
/// </summary>
internal sealed partial class Schema(ISqlDatabase database, TimeProvider time, ILogger<Schema> logger) : BackgroundService
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private volatile string? _notReadyMessage = "the database schema has not been migrated yet";

    /// <summary>Null if the schema is compatible with this program, otherwise why it is not.</summary>
    public string? NotReadyMessage => _notReadyMessage;

    /// <summary>Makes one attempt to migrate. Returns false if the database is unavailable or its schema is not compatible.</summary>
    public async Task<bool> TryMigrateAsync(CancellationToken ct)
    {
        try
        {
            await Migrator.MigrateAsync(database, time, ct).ConfigureAwait(false);
            _notReadyMessage = null;
        }
        catch (SchemaTooNewException e)
        {
            MarkIncompatible(e.Message, e.Message);
        }
        catch (Exception e) when (TransientErrors.IsDatabaseOutage(e))
        {
            LogUnavailable(logger, e.Message);
        }
        catch (DbException e)
        {
            // For example, missing permissions, or a file that is not a database. Needs manual repair.
            MarkIncompatible("the database schema cannot be migrated; see the server log", $"the database schema cannot be migrated: {e.Message}");
        }

        return _notReadyMessage is null;
    }

    private void MarkIncompatible(string message, string logMessage)
    {
        if (_notReadyMessage != message)
        {
            LogIncompatible(logger, logMessage);
        }

        _notReadyMessage = message;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_notReadyMessage is not null && !stoppingToken.IsCancellationRequested && !await TryMigrateAsync(stoppingToken).ConfigureAwait(false))
        {
            await Task.Delay(RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(3080, LogLevel.Warning, "The database is unavailable; retrying the schema migration: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string reason);

    [LoggerMessage(3081, LogLevel.Error, "The server stays unready: {Reason}")]
    private static partial void LogIncompatible(ILogger logger, string reason);
}
