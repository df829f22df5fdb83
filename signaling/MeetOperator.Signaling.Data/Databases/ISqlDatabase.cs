using System.Data.Common;

namespace MeetOperator.Signaling.Data;

/// <summary>One of the engines. The repositories' SQL is the same for all; what differs stands behind this.</summary>
public interface ISqlDatabase : IAsyncDisposable
{
    /// <summary>Folder of its migrations: sqlite or postgres.</summary>
    string Engine { get; }

    /// <summary>A connection that sees no tenant's rows where the engine can forbid it.</summary>
    Task<DbConnection> OpenAsync(CancellationToken ct);

    /// <summary>
    /// Does <paramref name="work"/> on a connection that sees what <paramref name="scope"/> allows. After an outage the
    /// work is done again, for a few seconds: so it must be such that doing it twice changes nothing more.
    /// </summary>
    Task<T> RunAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct);

    /// <summary>Begins a transaction that may write: a second one waits here or at the first shared row, and never fails for having come second.</summary>
    Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct);

    /// <summary>Holds off every other instance that migrates, until the transaction ends.</summary>
    Task LockForMigrationAsync(DbTransaction transaction, CancellationToken ct);
}
