using System.Data.Common;
using Dapper;
using Npgsql;
using Polly;
using Polly.Retry;

namespace MeetOperator.Signaling.Data.Databases;

/// <summary>PostgreSQL, shared by all signaling replicas.</summary>
internal sealed class PostgresDatabase : ISqlDatabase
{
    /// <summary>Advisory lock ID: an arbitrary constant ("meetsig" in ASCII) that nothing else in the database uses.</summary>
    private const long MigrationLock = 0x6D656574736967;

    /// <summary>Outages are reported to the caller after this time. A database restart takes less, and HTTP callers wait no longer.</summary>
    private static readonly TimeSpan RetryWindow = TimeSpan.FromSeconds(4);

    private static readonly ResiliencePropertyKey<long> StartTimestamp = new("began");

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ResiliencePipeline _retry;

    public PostgresDatabase(string connectionString, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        // Without a name, spans would contain the connection string.
        _source = new NpgsqlDataSourceBuilder(WithLimits(connectionString)) { Name = "meet" }.Build();
        _retry = new ResiliencePipelineBuilder { TimeProvider = _time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = attempt => ValueTask.FromResult(
                attempt.Outcome.Exception is { } e && TransientErrors.IsDatabaseOutage(e) && _time.GetElapsedTime(attempt.Context.Properties.GetValue(StartTimestamp, 0)) < RetryWindow),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = TimeSpan.FromMilliseconds(50),
            MaxDelay = TimeSpan.FromMilliseconds(500),
            OnRetry = _ =>
            {
                // After a restart, all pooled connections are broken.
                _source.Clear();
                return ValueTask.CompletedTask;
            },
        }).Build();
    }

    public string Engine => "postgres";

    public async Task<DbConnection> OpenAsync(CancellationToken ct) => await _source.OpenConnectionAsync(ct).ConfigureAwait(false);

    public async Task<T> RunAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        var context = ResilienceContextPool.Shared.Get(ct);
        context.Properties.Set(StartTimestamp, _time.GetTimestamp());
        try
        {
            return await _retry.ExecuteAsync(async attempt => await RunOnceAsync(scope, work, attempt.CancellationToken).ConfigureAwait(false), context).ConfigureAwait(false);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    public async Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct) =>
        await connection.BeginTransactionAsync(ct).ConfigureAwait(false);

    public Task LockForMigrationAsync(DbTransaction transaction, int timeoutSeconds, CancellationToken ct) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "SELECT pg_advisory_xact_lock(@MigrationLock)", new { MigrationLock }, transaction, commandTimeout: timeoutSeconds, cancellationToken: ct));

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<T> RunOnceAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct).ConfigureAwait(false);

        // The policies of migrations 0003, 0006 and 0007 read these settings. The pool resets them when the connection is returned.
        await connection.ExecuteAsync(new CommandDefinition(
            "SELECT set_config('meet.tenant', @Tenant, false), set_config('meet.meeting', @MeetingId, false), set_config('meet.retention', @Retention, false)", scope, cancellationToken: ct)).ConfigureAwait(false);
        return await work(connection).ConfigureAwait(false);
    }

    /// <summary>Sets timeouts that are shorter than the driver's 30 seconds, unless the connection string sets them.</summary>
    private static string WithLimits(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString)
        {
            // Required for tenant isolation: the pool must reset the row scope when a connection is returned.
            NoResetOnClose = false,
        };
        if (!text.ContainsKey("Timeout"))
        {
            text.Timeout = 3;
        }

        if (!text.ContainsKey("Command Timeout"))
        {
            text.CommandTimeout = 5;
        }

        return text.ConnectionString;
    }
}
