using MeetOperator.Testing;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>A Redis server for the test run, on a free port and without persistence, so a restart loses all data.</summary>
public sealed class RedisServer : IAsyncLifetime
{
    private readonly int _port = FreePort.Next();
    private Daemon? _daemon;

    public string Configuration => $"127.0.0.1:{_port}";

    /// <summary>Configuration for tests that are not about outages: on a busy machine, commands can exceed the default timeout of two seconds.</summary>
    public string LongTimeoutConfiguration => $"{Configuration},responseTimeout=30000";

    public Task InitializeAsync() => StartAsync();

    public async Task StartAsync()
    {
        _daemon = Daemon.Start($"exec redis-server --port {_port} --bind 127.0.0.1 --save '' --appendonly no", Daemon.NewFolder("redis"));
        await Eventually.TrueAsync(() => _daemon.AcceptsAsync(_port), "Redis accepts connections");
    }

    /// <summary>Kills the server with SIGKILL. <see cref="StartAsync"/> restarts it on the same port, without data.</summary>
    public void Kill()
    {
        _daemon!.Kill();
        Stop();
    }

    public void Pause() => _daemon!.Pause();

    public void Continue() => _daemon!.Continue();

    public void Stop()
    {
        _daemon?.Dispose();
        _daemon = null;
    }

    public Task DisposeAsync()
    {
        Stop();
        return Task.CompletedTask;
    }
}
