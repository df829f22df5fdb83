using System.Data.Common;
using MeetOperator.Signaling.Data.Databases;

namespace MeetOperator.Signaling.Tests.Data;

/// <summary>Repeats all work, as after an outage in which the acknowledgement of the commit is lost. Does not own the database.</summary>
internal sealed class RepeatingDatabase(ISqlDatabase database) : ISqlDatabase
{
    public string Engine => database.Engine;

    public Task<DbConnection> OpenAsync(CancellationToken ct) => database.OpenAsync(ct);

    public async Task<T> RunAsync<T>(SqlScope scope, Func<DbConnection, Task<T>> work, CancellationToken ct)
    {
        await database.RunAsync(scope, work, ct);
        return await database.RunAsync(scope, work, ct);
    }

    public Task<DbTransaction> BeginWriteAsync(DbConnection connection, CancellationToken ct) => database.BeginWriteAsync(connection, ct);

    public Task LockForMigrationAsync(DbTransaction transaction, int timeoutSeconds, CancellationToken ct) => database.LockForMigrationAsync(transaction, timeoutSeconds, ct);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
