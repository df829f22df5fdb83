using System.Globalization;
using Dapper;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// Brings the schema up to date: embedded steps <c>NNNN_name.sql</c>, each once, all in one transaction under a lock, so that several
/// instances may start at once. A database that is newer than this program is refused, not touched.
/// </summary>
public static class Migrator
{
    /// <summary>Seconds that one step, or waiting for another instance's steps, may take.</summary>
    internal const int Timeout = 300;

    private const string CreateVersions =
        "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)";

    /// <returns>How many steps were applied.</returns>
    public static async Task<int> MigrateAsync(ISqlDatabase database, TimeProvider time, CancellationToken ct)
    {
        var steps = Load(database.Engine);
        await using var connection = await database.OpenAsync(ct).ConfigureAwait(false);
        await using var transaction = await database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        await database.LockForMigrationAsync(transaction, ct).ConfigureAwait(false);
        await connection.ExecuteAsync(new CommandDefinition(CreateVersions, transaction: transaction, cancellationToken: ct)).ConfigureAwait(false);
        var current = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "SELECT COALESCE(MAX(version), 0) FROM schema_versions", transaction: transaction, cancellationToken: ct)).ConfigureAwait(false);
        if (current > steps[^1].Version)
        {
            throw new InvalidOperationException(
                $"The database has schema version {current}; this program knows {steps[^1].Version}. Run a newer program or restore an older database.");
        }

        var open = steps.Where(s => s.Version > current).ToList();
        foreach (var step in open)
        {
            await connection.ExecuteAsync(new CommandDefinition(step.Sql, transaction: transaction, commandTimeout: Timeout, cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO schema_versions (version, name, applied_at) VALUES (@Version, @Name, @AppliedAt)",
                new { step.Version, step.Name, AppliedAt = time.GetUtcNow().ToUnixTimeMilliseconds() },
                transaction,
                cancellationToken: ct)).ConfigureAwait(false);
        }

        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return open.Count;
    }

    /// <summary>The steps of an engine by version; file names are <c>NNNN_name.sql</c>.</summary>
    public static IReadOnlyList<Migration> Load(string engine)
    {
        var assembly = typeof(Migrator).Assembly;
        var prefix = $"migrations/{engine}/";
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith(prefix, StringComparison.Ordinal))
            .Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!);
                var name = Path.GetFileNameWithoutExtension(n);
                return new Migration(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name, reader.ReadToEnd());
            })
            .OrderBy(m => m.Version)];
    }
}
