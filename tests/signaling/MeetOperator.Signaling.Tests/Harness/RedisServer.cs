namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A Redis server for the test run, on a free port and without persistence, so a restart loses all data.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly int port = Daemon.FreePort();
    private Daemon? daemon;

    public string Configuration => $"127.0.0.1:{port}";

    /// <summary>Configuration for tests that are not about outages: on a busy machine, commands can exceed the default timeout of two seconds.</summary>
    public string LongTimeoutConfiguration => $"{Configuration},responseTimeout=30000";

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync()
    {
        daemon = Daemon.Start($"exec redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no", Daemon.NewFolder("redis"));
        await Eventually.TrueAsync(() => daemon.AcceptsAsync(port), "Redis accepts connections");
    }

    /// <summary>Kills the server with SIGKILL. <see cref="StartAsync"/> restarts it on the same port, without data.</summary>
    public void Kill()
    {
        daemon!.Kill();
        Stop();
    }

    public void Pause() => daemon!.Pause();

    public void Continue() => daemon!.Continue();

    public void Stop()
    {
        daemon?.Dispose();
        daemon = null;
    }

    public Task DisposeAsync()
    {
        Stop();
        return Task.CompletedTask;
    }
}
