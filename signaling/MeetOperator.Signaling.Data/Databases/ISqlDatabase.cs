using System.Data.Common;

namespace MeetOperator.Signaling.Data.Databases;

/// <summary>A database engine. The repositories use the same SQL for all engines; this interface hides the differences.</summary>
public interface ISqlDatabase : IAsyncDisposable
{
    /// <summary>The folder of the migrations: sqlite or postgres.</summary>
    string Engine { get; }

    /// <summary>Opens a connection. If the engine supports row-level security, the connection sees no tenant's rows.</summary>
    Task<DbConnection> OpenAsync(CancellationToken ct);

    /// <summary>
    /// Runs <paramref name="work"/> on a connection that is limited to the rows of <paramref name="scope"/>. Retries for a few seconds during a transient
    /// outage, so <paramref name="work"/> must be idempotent.
    /// </summary>
    Task<T> RunAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct);

    /// <summary>Begins a write transaction. A concurrent transaction waits here or at the first shared row instead of failing.</summary>
    Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct);

    /// <summary>Blocks migrations by other replicas until the transaction ends.</summary>
    Task LockForMigrationAsync(DbTransaction transaction, int timeoutSeconds, CancellationToken ct);
}
