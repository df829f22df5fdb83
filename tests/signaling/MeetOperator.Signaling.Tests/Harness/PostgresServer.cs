using Npgsql;

namespace MeetOperator.Signaling.Tests;

/// <summary>A PostgreSQL of the test run's own on a free port, started once; each test gets a database of its own.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static readonly string Bin = Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending().First() + "/bin";

    private Daemon? daemon;
    private int port;
    private int databases;

    public async Task InitializeAsync()
    {
        var folder = Daemon.NewFolder("postgres");
        var prefix = string.Empty;
        if (Environment.UserName == "root")
        {
            // PostgreSQL refuses to run as root.
            Daemon.Run($"chown postgres '{folder}'");
            prefix = "setpriv --reuid postgres --regid postgres --clear-groups ";
        }

        Daemon.Run($"cd '{folder}' && {prefix}{Bin}/initdb -D '{folder}/data' -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C");
        port = Daemon.FreePort();
        daemon = Daemon.Start(
            $"exec {prefix}{Bin}/postgres -D '{folder}/data' -p {port} -k '{folder}' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200", folder);
        await Eventually.TrueAsync(() => daemon.AcceptsAsync(port), "PostgreSQL accepts connections");
        await Eventually.TrueAsync(CanQueryAsync, "PostgreSQL answers");
    }

    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"meet_{Interlocked.Increment(ref databases)}";
        await using var source = NpgsqlDataSource.Create(ConnectionTo("postgres"));
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return ConnectionTo(name);
    }

    public Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        daemon?.Dispose();
        return Task.CompletedTask;
    }

    private string ConnectionTo(string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Maximum Pool Size=20;Timeout=5";

    private async Task<bool> CanQueryAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionTo("postgres"));
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
