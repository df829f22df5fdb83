using MeetOperator.TurnControl;
using Microsoft.Data.Sqlite;

namespace MeetOperator.Turn.Coturn;

/// <summary>
/// The database that coturn reads while it runs: secrets at every request, addresses of peers every few seconds. Write-ahead logging keeps readers from ever waiting: coturn would
/// refuse a request whose secrets it cannot read.
/// </summary>
internal sealed class CoturnDatabase(string path, string realm)
{
    // The tables of coturn's schema.sql. coturn logs an error for each one that is missing.
    private const string Schema = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS turnusers_lt (realm varchar(127) default '', name varchar(512), hmackey char(128), PRIMARY KEY (realm, name));
        CREATE TABLE IF NOT EXISTS turn_secret (realm varchar(127) default '', value varchar(256), PRIMARY KEY (realm, value));
        CREATE TABLE IF NOT EXISTS allowed_peer_ip (realm varchar(127) default '', ip_range varchar(256), PRIMARY KEY (realm, ip_range));
        CREATE TABLE IF NOT EXISTS denied_peer_ip (realm varchar(127) default '', ip_range varchar(256), PRIMARY KEY (realm, ip_range));
        CREATE TABLE IF NOT EXISTS turn_origin_to_realm (origin varchar(127), realm varchar(127), PRIMARY KEY (origin));
        CREATE TABLE IF NOT EXISTS turn_realm_option (realm varchar(127) default '', opt varchar(32), value varchar(128), PRIMARY KEY (realm, opt));
        CREATE TABLE IF NOT EXISTS oauth_key (kid varchar(128), ikm_key varchar(256), timestamp bigint default 0, lifetime integer default 0, as_rs_alg varchar(64) default '', realm varchar(127), PRIMARY KEY (kid));
        CREATE TABLE IF NOT EXISTS admin_user (name varchar(32), realm varchar(127), password varchar(127), PRIMARY KEY (name));
        """;

    static CoturnDatabase() => SQLitePCL.Batteries_V2.Init();

    /// <summary>Creates the database in place of an earlier one, which may have other secrets.</summary>
    public void Create()
    {
        foreach (var file in (string[])[path, $"{path}-wal", $"{path}-shm"])
        {
            File.Delete(file);
        }

        using (File.Open(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            // Only this user can read the secrets.
        }

        using var connection = Open();
        Execute(connection, null, Schema);
    }

    /// <summary>Replaces secrets and peers at once.</summary>
    public void Write(TurnState state)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        Replace(connection, transaction, "turn_secret", "value", state.Secrets);
        Replace(connection, transaction, "allowed_peer_ip", "ip_range", state.Peers);
        transaction.Commit();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    private void Replace(SqliteConnection connection, SqliteTransaction transaction, string table, string column, IReadOnlyList<string> values)
    {
        Execute(connection, transaction, $"DELETE FROM {table}");
        foreach (var value in values.Distinct(StringComparer.Ordinal))
        {
            Execute(connection, transaction, $"INSERT INTO {table} (realm, {column}) VALUES ($realm, $value)", ("$realm", realm), ("$value", value));
        }
    }

    private static void Execute(SqliteConnection connection, SqliteTransaction? transaction, string text, params (string Name, string Value)[] parameters)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = text;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        command.ExecuteNonQuery();
    }
}
