namespace MeetOperator.Signaling.Data;

/// <summary>Chooses the engine by the connection text of <c>MEET_DATABASE</c>.</summary>
public static class SqlDatabases
{
    private const string SqlitePrefix = "sqlite:";

    /// <param name="connection"><c>sqlite:&lt;path&gt;</c>, or a PostgreSQL connection string.</param>
    public static ISqlDatabase Create(string connection)
    {
        if (!connection.StartsWith(SqlitePrefix, StringComparison.Ordinal))
        {
            return new PostgresDatabase(connection);
        }

        var path = connection[SqlitePrefix.Length..];
        return path.Length > 0 ? new SqliteDatabase(path) : throw new ArgumentException("'sqlite:' needs a file path behind it.", nameof(connection));
    }
}
