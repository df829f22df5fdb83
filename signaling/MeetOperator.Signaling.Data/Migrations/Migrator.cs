using System.Globalization;
using Dapper;
using MeetOperator.Signaling.Data.Databases;

namespace MeetOperator.Signaling.Data.Migrations;

/// <summary>
/// Migrates the schema with the embedded files <c>NNNN_name.sql</c>. Each migration runs once, all in one transaction under a lock, so several replicas can
/// start at the same time. To allow rollbacks, migrations first expand the schema and contract it in a later release. A newer schema is left unchanged, and
/// is used if all unknown migrations allow it (<see cref="Migration.MinReader"/>).
/// </summary>
public static class Migrator
{
    /// <summary>Timeout in seconds of one migration, or of waiting for another replica's migrations.</summary>
    private const int Timeout = 300;

    private static readonly string[] CreateVersions =
    [
        "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS schema_readers (version INTEGER PRIMARY KEY, min_reader INTEGER NOT NULL)",
    ];

    /// <returns>The number of applied migrations.</returns>
    /// <exception cref="SchemaTooNewException">This program is too old for the schema. Nothing was changed.</exception>
    public static Task<int> MigrateAsync(ISqlDatabase database, TimeProvider time, CancellationToken ct) => MigrateAsync(database, Load(database.Engine), time, ct);

    /// <summary>Applies the given migrations, ordered by version. The last one is the newest that the program knows.</summary>
    public static async Task<int> MigrateAsync(ISqlDatabase database, IReadOnlyList<Migration> migrations, TimeProvider time, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct).ConfigureAwait(false);
        await using var transaction = await database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        await database.LockForMigrationAsync(transaction, Timeout, ct).ConfigureAwait(false);
        foreach (var table in CreateVersions)
        {
            await connection.ExecuteAsync(new CommandDefinition(table, transaction: transaction, cancellationToken: ct)).ConfigureAwait(false);
        }

        var applied = (await connection.QueryAsync<(long Version, long? MinReader)>(new CommandDefinition(
            "SELECT v.version, r.min_reader FROM schema_versions v LEFT JOIN schema_readers r ON r.version = v.version ORDER BY v.version",
            transaction: transaction,
            cancellationToken: ct)).ConfigureAwait(false)).ToList();
        var known = migrations[^1].Version;
        if (applied.Where(a => a.Version > known && (a.MinReader ?? a.Version) > known).Select(a => (long?)a.Version).FirstOrDefault() is { } tooNew)
        {
            throw new SchemaTooNewException(
                $"the database schema has migration {tooNew}, but this program supports migrations only up to {known}: run the newer program, or restore a database backup from before the upgrade");
        }

        var current = applied.Count == 0 ? 0 : applied[^1].Version;
        var pending = migrations.Where(s => s.Version > current).ToList();
        foreach (var migration in pending)
        {
            await connection.ExecuteAsync(new CommandDefinition(migration.Sql, transaction: transaction, commandTimeout: Timeout, cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO schema_versions (version, name, applied_at) VALUES (@Version, @Name, @AppliedAt)",
                new { migration.Version, migration.Name, AppliedAt = time.GetUtcNow().ToUnixTimeMilliseconds() },
                transaction,
                cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO schema_readers (version, min_reader) VALUES (@Version, @MinReader)", new { migration.Version, migration.MinReader }, transaction, cancellationToken: ct)).ConfigureAwait(false);
        }

        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return pending.Count;
    }

    /// <summary>Loads the migrations of an engine, ordered by version. File names are <c>NNNN_name.sql</c>.</summary>
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
