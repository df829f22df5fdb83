using MeetOperator.Testing;
using Npgsql;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>
/// A PostgreSQL server for the test run, on a free port. Each test gets its own database, and a role that owns the database but is not a superuser, as recommended
/// for installations.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private static readonly string Bin = Directory.EnumerateDirectories("/usr/lib/postgresql").OrderDescending().First() + "/bin";

    // PostgreSQL refuses to run as root.
    private static readonly string Prefix = Environment.UserName == "root" ? "setpriv --reuid postgres --regid postgres --clear-groups " : string.Empty;

    private readonly string _folder = Daemon.NewFolder("postgres");
    private readonly int _port = FreePort.Next();
    private Daemon? _daemon;
    private int _databases;

    public async Task InitializeAsync()
    {
        if (Prefix.Length > 0)
        {
            Daemon.Run($"chown postgres '{_folder}'");
        }

        Daemon.Run($"cd '{_folder}' && {Prefix}{Bin}/initdb -D '{_folder}/data' -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C");
        await StartAsync();
    }

    /// <summary>Starts the server, or restarts it on the same port with the same data.</summary>
    public async Task StartAsync()
    {
        await Eventually.TrueAsync(async () =>
        {
            if (_daemon is null or { HasExited: true })
            {
                // After a kill, PostgreSQL cannot start while one of its old processes is running.
                _daemon = Daemon.Start(
                    $"exec {Prefix}{Bin}/postgres -D '{_folder}/data' -p {_port} -k '{_folder}' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200",
                    _folder,
                    stopSignal: "INT"); // On SIGTERM, it waits for its clients.
            }

            return await CanQueryAsync();
        }, "PostgreSQL answers", TimeSpan.FromSeconds(60));
    }

    /// <summary>Kills all server processes with SIGKILL.</summary>
    public void Kill() => _daemon!.Kill();

    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"meet_{Interlocked.Increment(ref _databases)}";
        await using var source = NpgsqlDataSource.Create(ConnectionTo("postgres", "postgres"));
        foreach (var sql in new[] { $"CREATE ROLE {name} LOGIN", $"CREATE DATABASE {name} OWNER {name}" })
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        return ConnectionTo(name, name);
    }

    public Task DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _daemon?.Dispose();
        return Task.CompletedTask;
    }

    private string ConnectionTo(string database, string user) => $"Host=127.0.0.1;Port={_port};Username={user};Database={database};Maximum Pool Size=20";

    private async Task<bool> CanQueryAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionTo("postgres", "postgres") + ";Pooling=false;Timeout=5");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
