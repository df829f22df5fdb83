using Npgsql;

namespace MeetOperator.Signaling.Data;

/// <summary>Chooses the engine by the connection text of <c>MEET_DATABASE</c>.</summary>
public static class SqlDatabases
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>Null when <see cref="Create"/> takes the text, else what is wrong with it, without the password that may stand in it.</summary>
    public static string? Problem(string connection)
    {
        if (connection == SqlitePrefix)
        {
            return "a file path is missing behind 'sqlite:'";
        }

        return connection.StartsWith(SqlitePrefix, StringComparison.Ordinal) ? null : PostgresProblem(connection);
    }

    /// <param name="connection"><c>sqlite:&lt;path&gt;</c>, or a PostgreSQL connection string.</param>
    public static ISqlDatabase Create(string connection)
    {
        if (Problem(connection) is { } problem)
        {
            throw new ArgumentException(problem, nameof(connection));
        }

        return connection.StartsWith(SqlitePrefix, StringComparison.Ordinal) ? new SqliteDatabase(connection[SqlitePrefix.Length..]) : new PostgresDatabase(connection);
    }

    /// <summary>On its own, so that an installation with SQLite never loads Npgsql.</summary>
    private static string? PostgresProblem(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection).Host is null ? "it names no Host" : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return e.Message;
        }
    }
}
