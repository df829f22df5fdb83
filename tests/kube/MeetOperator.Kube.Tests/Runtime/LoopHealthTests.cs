using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Loops;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class LoopHealthTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void Problem_NoHeartbeat_NamesLoopUntilNextHeartbeat()
    {
        using var health = new LoopHealth(_time);
        using var loop = health.Begin("poll", TimeSpan.FromMinutes(2));

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(health.Problem);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("loop poll has made no progress for 121 s", health.Problem, StringComparison.Ordinal);

        loop.Beat();
        Assert.Null(health.Problem);
    }

    [Fact]
    public void Problem_LoopIdleOrEnded_IsNull()
    {
        using var health = new LoopHealth(_time);
        using var resting = health.Begin("worker", TimeSpan.FromMinutes(2));
        health.Begin("ended", TimeSpan.FromMinutes(2)).Dispose();
        resting.MarkIdle();

        _time.Advance(TimeSpan.FromDays(2));

        Assert.Null(health.Problem);
        Assert.Equal((1, 0), (health.Running("worker"), health.Running("ended")));
    }

    [Fact]
    public void Problem_WallClockJumps_IsNull()
    {
        using var health = new LoopHealth(_time);
        using var loop = health.Begin("poll", TimeSpan.FromMinutes(2));

        _time.JumpWallClock(TimeSpan.FromDays(365));

        Assert.Null(health.Problem);
    }

    [Fact]
    public async Task Informer_ServerDownForHours_KeepsHeartbeat()
    {
        await using var server = await ScriptedServer.StartAsync(static context => ScriptedServer.StatusAsync(context, 503, "ServiceUnavailable", "away"));
        using var client = new KubeClient(server.Config);
        using var health = new LoopHealth(_time);
        using var stop = new CancellationTokenSource();
        var running = new Informer<Widget>(client, new InformerOptions { Health = health }, _time).RunAsync(stop.Token);

        for (var tries = 0; tries < 40; tries++)
        {
            await Eventually.TrueAsync(() => _time.TimerCount > 0 && server.Requests.Count > tries, "it waits for its next attempt");
            Assert.Null(health.Problem);
            _time.Advance(TimeSpan.FromMinutes(5));
        }

        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Informer_UnexpectedException_IsLoggedAndCountedAndContinues()
    {
        await using var server = await ScriptedServer.StartAsync(static context => context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.HoldAsync(context)
            : ScriptedServer.JsonAsync(context, new { apiVersion = "v1", kind = "List", metadata = new { resourceVersion = "1" }, items = new[] { new { metadata = new { name = "a", @namespace = "n", resourceVersion = "1" } } } }));
        using var client = new KubeClient(server.Config);
        var log = new RecordingLogger<Informer<Widget>>();
        var counted = 0L;
        using var listener = ListenToFailures("informer-Widget", count => Interlocked.Add(ref counted, count));
        var informer = new Informer<Widget>(client, new InformerOptions { MinBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(2) }, logger: log);
        var failures = 0;
        informer.AddIndex("broken", _ => Interlocked.Increment(ref failures) < 3 ? throw new InvalidOperationException("unexpected") : ["x"]);
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);

        await Eventually.TrueAsync(() => informer.HasSynced || running.IsFaulted, "it is synced");

        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await running;
        Assert.NotEqual(0, counted);
        Assert.Contains(log.Lines, line => line.Contains("list or watch failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Supervised_WorkThrows_IsLoggedAndCounted()
    {
        var failures = 0L;
        using var listener = ListenToFailures("counted", count => Interlocked.Add(ref failures, count));
        var log = new RecordingLogger<LoopHealthTests>();
        var starts = 0;
        var begun = TimeProvider.System.GetTimestamp();

        await Supervised.RunAsync("counted", _ => ++starts < 3 ? throw new InvalidOperationException("unexpected") : Task.CompletedTask, TimeProvider.System, log, default);

        Assert.True(TimeProvider.System.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(200), "it waits before each restart");
        Assert.Equal(2, failures);
        Assert.All(log.Lines, line => Assert.StartsWith("counted failed and restarts in 00:00:00.", line, StringComparison.Ordinal));
        Assert.Equal(2, log.Lines.Count);
    }

    private static MeterListener ListenToFailures(string loop, Action<long> add)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == "meet_kube_loop_failures_total")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => add(loop.Equals(tags[0].Value) ? count : 0));
        listener.Start();
        return listener;
    }

    private sealed class RecordingLogger<T> : ILogger<T>
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }

    [Fact]
    public async Task Supervised_WorkThrows_RestartsUntilCancelled()
    {
        using var stop = new CancellationTokenSource();
        var starts = 0;
        var running = Supervised.RunAsync(
            "work",
            async ct =>
            {
                if (Interlocked.Increment(ref starts) < 3)
                {
                    throw new InvalidOperationException("unexpected");
                }

                await Task.Delay(Timeout.Infinite, ct);
            },
            TimeProvider.System,
            NullLogger.Instance,
            stop.Token);

        await Eventually.TrueAsync(() => starts == 3, "it started a third time");
        Assert.False(running.IsCompleted);
        await stop.CancelAsync();
        await running.WaitAsync(Eventually.Limit);
    }
}
