using Dapper;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// What the SQL repositories do alike: one short-lived connection a call that sees one tenant's rows, column names in snake_case. Every call
/// may be done again after an outage, so each is written such that twice is as good as once.
/// </summary>
public abstract class SqlRepository(ISqlDatabase database)
{
    static SqlRepository() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    protected ISqlDatabase Database { get; } = database;

    protected Task<int> ExecuteAsync(string tenant, string sql, object parameters, CancellationToken ct) =>
        Database.RunAsync(SqlScope.Of(tenant), connection => connection.ExecuteAsync(new CommandDefinition(sql, parameters, cancellationToken: ct)), ct);

    protected Task<T?> FirstAsync<T>(string tenant, string sql, object parameters, CancellationToken ct)
        where T : class => FirstAsync<T>(SqlScope.Of(tenant), sql, parameters, ct);

    protected Task<T?> FirstAsync<T>(SqlScope scope, string sql, object parameters, CancellationToken ct)
        where T : class =>
        Database.RunAsync(scope, connection => connection.QueryFirstOrDefaultAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct)), ct);

    protected Task<IReadOnlyList<T>> ListAsync<T>(string tenant, string sql, object parameters, CancellationToken ct) =>
        Database.RunAsync<IReadOnlyList<T>>(
            SqlScope.Of(tenant),
            async connection => (await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: ct)).ConfigureAwait(false)).AsList(),
            ct);
}
