using Npgsql;

namespace MeetOperator.Signaling.Data.Databases;

/// <summary>Selects the database engine from the connection string in <c>MEET_DATABASE</c>.</summary>
public static class SqlDatabases
{
    private const string SqlitePrefix = "sqlite:";

    /// <summary>
    /// Returns null if <see cref="Create"/> accepts the connection string, otherwise what is wrong with it. The text never contains the password.
    /// </summary>
    public static string? Validate(string connection)
    {
        if (connection == SqlitePrefix)
        {
            return "the file path after 'sqlite:' is missing";
        }

        return connection.StartsWith(SqlitePrefix, StringComparison.Ordinal) ? null : ValidatePostgres(connection);
    }

    /// <param name="connection"><c>sqlite:&lt;path&gt;</c>, or a PostgreSQL connection string.</param>
    public static ISqlDatabase Create(string connection)
    {
        if (Validate(connection) is { } rejection)
        {
            throw new ArgumentException(rejection, nameof(connection));
        }

        return connection.StartsWith(SqlitePrefix, StringComparison.Ordinal) ? new SqliteDatabase(connection[SqlitePrefix.Length..]) : new PostgresDatabase(connection);
    }

    /// <summary>A separate method, so that installations with SQLite do not load Npgsql.</summary>
    private static string? ValidatePostgres(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection).Host is null ? "it has no Host" : null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return e.Message;
        }
    }
}
