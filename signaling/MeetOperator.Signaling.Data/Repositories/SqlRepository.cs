using Dapper;
using MeetOperator.Signaling.Data.Databases;

namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>
/// Base class of the SQL repositories. Each call uses one short-lived connection that is limited to one tenant's rows. Column names are in snake_case. Calls are
/// retried after a transient outage, so every statement must be idempotent.
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
