namespace MeetOperator.Signaling.Tests;

/// <summary>A Redis of the test run's own on a free port, without persistence: a restart loses everything, as the bus must bear.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly int port = Daemon.FreePort();
    private Daemon? daemon;

    public string Configuration => $"127.0.0.1:{port}";

    /// <summary>For tests that are not about outages: on a machine that is busy enough the default of two seconds is over before anything answers.</summary>
    public string Patient => $"{Configuration},responseTimeout=30000";

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync()
    {
        daemon = Daemon.Start($"exec redis-server --port {port} --bind 127.0.0.1 --save '' --appendonly no", Daemon.NewFolder("redis"));
        await Eventually.TrueAsync(() => daemon.AcceptsAsync(port), "Redis accepts connections");
    }

    /// <summary>As kill -9 does; <see cref="StartAsync"/> brings it back on the same port, empty.</summary>
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
