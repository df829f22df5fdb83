using Dapper;

namespace MeetOperator.Signaling.Data;

/// <summary>What the SQL repositories do alike: one short-lived connection a call, column names in snake_case.</summary>
public abstract class SqlRepository(ISqlDatabase database)
{
    static SqlRepository() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    protected ISqlDatabase Database { get; } = database;

    protected async Task<int> ExecuteAsync(string sql, object parameters, CancellationToken ct)
    {
        await using var connection = await Database.OpenAsync(ct).ConfigureAwait(false);
        return await connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: ct)).ConfigureAwait(false);
    }

    protected async Task<T?> FirstAsync<T>(string sql, object parameters, CancellationToken ct)
        where T : class
    {
        await using var connection = await Database.OpenAsync(ct).ConfigureAwait(false);
        return await connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct)).ConfigureAwait(false);
    }

    protected async Task<IReadOnlyList<T>> ListAsync<T>(string sql, object parameters, CancellationToken ct)
    {
        await using var connection = await Database.OpenAsync(ct).ConfigureAwait(false);
        return (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct)).ConfigureAwait(false)).AsList();
    }
}
