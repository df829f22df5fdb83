using System.Globalization;
using Dapper;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// Brings the schema up to date: embedded steps <c>NNNN_name.sql</c>, each once, all in one transaction under a lock, so that several
/// instances may start at once. Steps expand first and contract in a later release, so that a program can be rolled back: a newer schema is
/// left as it is, and used when each of its unknown steps allows it (<see cref="Migration.MinReader"/>).
/// </summary>
public static class Migrator
{
    /// <summary>Seconds that one step, or waiting for another instance's steps, may take.</summary>
    internal const int Timeout = 300;

    private static readonly string[] CreateVersions =
    [
        "CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS schema_readers (version INTEGER PRIMARY KEY, min_reader INTEGER NOT NULL)",
    ];

    /// <returns>How many steps were applied.</returns>
    /// <exception cref="SchemaTooNewException">This program is too old for the schema; nothing was changed.</exception>
    public static Task<int> MigrateAsync(ISqlDatabase database, TimeProvider time, CancellationToken ct) => MigrateAsync(database, Load(database.Engine), time, ct);

    /// <summary>The same with these steps, in order of their versions; the last is the newest that the program knows.</summary>
    public static async Task<int> MigrateAsync(ISqlDatabase database, IReadOnlyList<Migration> steps, TimeProvider time, CancellationToken ct)
    {
        await using var connection = await database.OpenAsync(ct).ConfigureAwait(false);
        await using var transaction = await database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        await database.LockForMigrationAsync(transaction, ct).ConfigureAwait(false);
        foreach (var table in CreateVersions)
        {
            await connection.ExecuteAsync(new CommandDefinition(table, transaction: transaction, cancellationToken: ct)).ConfigureAwait(false);
        }

        var applied = (await connection.QueryAsync<(long Version, long? MinReader)>(new CommandDefinition(
            "SELECT v.version, r.min_reader FROM schema_versions v LEFT JOIN schema_readers r ON r.version = v.version ORDER BY v.version",
            transaction: transaction,
            cancellationToken: ct)).ConfigureAwait(false)).ToList();
        var known = steps[^1].Version;
        if (applied.Where(a => a.Version > known && (a.MinReader ?? a.Version) > known).Select(a => (long?)a.Version).FirstOrDefault() is { } tooNew)
        {
            throw new SchemaTooNewException(
                $"the database has schema step {tooNew}, with which this program, which knows steps up to {known}, does not work: run the newer program again, or restore a backup of the database from before the upgrade");
        }

        var current = applied.Count == 0 ? 0 : applied[^1].Version;
        var open = steps.Where(s => s.Version > current).ToList();
        foreach (var step in open)
        {
            await connection.ExecuteAsync(new CommandDefinition(step.Sql, transaction: transaction, commandTimeout: Timeout, cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO schema_versions (version, name, applied_at) VALUES (@Version, @Name, @AppliedAt)",
                new { step.Version, step.Name, AppliedAt = time.GetUtcNow().ToUnixTimeMilliseconds() },
                transaction,
                cancellationToken: ct)).ConfigureAwait(false);
            await connection.ExecuteAsync(new CommandDefinition(
                "INSERT INTO schema_readers (version, min_reader) VALUES (@Version, @MinReader)", new { step.Version, step.MinReader }, transaction, cancellationToken: ct)).ConfigureAwait(false);
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
