using System.Collections.Concurrent;
using System.Diagnostics;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Tests.Harness;
using MeetOperator.Testing;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Tests.Data;

[Collection(ServersCollection.Name)]
public sealed class RedisMeetingBusTests(RedisServer server) : MeetingBusContract
{
    [Fact]
    public async Task Keys_AllOperations_StartWithTenantAndMeeting()
    {
        var key = new MeetingKey("acme", "keys-test");
        await A.Presence.EnterAsync(key, new PresenceEntry { ParticipantId = "a", DisplayName = "A", Role = "host", Instance = "A", Connection = "c" }, 10, TimeSpan.FromSeconds(9), default);
        await A.TryConsumeCodeAsync(key, "code", TimeSpan.FromSeconds(9), default);
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var keys = ((RedisResult[]?)await redis.GetDatabase().ExecuteAsync("KEYS", "*keys-test*"))!.Select(k => (string)k!).ToList();
        Assert.Equal(["meet:acme:keys-test:code:code", "meet:acme:keys-test:presence", "meet:acme:keys-test:seen"], keys.Order(StringComparer.Ordinal));
        foreach (var name in keys)
        {
            Assert.InRange((long)await redis.GetDatabase().ExecuteAsync("PTTL", name), 1, 4_000_000);
        }
    }

    [Fact]
    public async Task Publish_InsideSpan_ReceiverContinuesTrace()
    {
        using var source = new ActivitySource(nameof(Publish_InsideSpan_ReceiverContinuesTrace));
        using var listener = new ActivityListener
        {
            ShouldListenTo = candidate => candidate.Name == source.Name || candidate.Name == "MeetOperator.Signaling.Data",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var key = new MeetingKey("acme", "trace-test");
        var received = new TaskCompletionSource<Activity?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var subscription = await B.SubscribeAsync(key, _ => received.TrySetResult(Activity.Current), () => { }, default);

        using var span = source.StartActivity("publish")!;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await A.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = "traced" }, default);
                }
                catch (Exception e) when (TransientErrors.IsBusOutage(e))
                {
                    // A busy machine can delay the connection's heartbeat.
                }

                return received.Task.IsCompleted;
            },
            "the event arrives");

        var continued = await received.Task;
        Assert.Equal(span.TraceId, continued?.TraceId);
        Assert.Equal(span.SpanId, continued?.ParentSpanId);
    }

    [Fact]
    public async Task RedisRestart_OneSubscription_Recovers()
    {
        var own = new RedisServer();
        await own.InitializeAsync();
        await using var bus = await RedisMeetingBus.ConnectAsync(own.Configuration);
        var key = new MeetingKey("acme", "restart");
        var received = new ConcurrentQueue<string>();
        var recovered = 0;
        await using var subscription = await bus.SubscribeAsync(key, e => received.Enqueue(e.Text!), () => Interlocked.Increment(ref recovered), default);

        own.Stop();
        await Eventually.TrueAsync(() => !bus.IsConnected, "the outage is detected");
        var lost = await Assert.ThrowsAnyAsync<Exception>(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = "lost" }, default));
        Assert.True(TransientErrors.IsBusOutage(lost), lost.ToString());
        await own.StartAsync();

        await Eventually.TrueAsync(() => bus.IsConnected && Volatile.Read(ref recovered) > 0, "the bus is connected again");
        await Eventually.TrueAsync(
            async () =>
            {
                await bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = "back" }, default);
                return received.Contains("back");
            },
            "the subscription works again");
        await own.DisposeAsync();
    }

    [Fact]
    public async Task RedisRestart_ManySubscriptions_RecoversInBatches()
    {
        const int Meetings = 10_000;
        var own = new RedisServer();
        await own.InitializeAsync();
        await using (var bus = await RedisMeetingBus.ConnectAsync(own.LongTimeoutConfiguration))
        {
            await Eventually.TrueAsync(() => bus.IsConnected, "the bus is connected");
            var keys = Enumerable.Range(0, Meetings).Select(i => new MeetingKey("acme", $"m{i}")).ToList();
            var received = new ConcurrentDictionary<MeetingKey, int>();
            var recovered = new ConcurrentQueue<MeetingKey>();
            var recoveredAtFirstEvent = 0;
            var isConnectedAtFirst = true;
            foreach (var batch in keys.Chunk(500))
            {
                await Task.WhenAll(batch.Select(key => bus.SubscribeAsync(
                    key,
                    _ =>
                    {
                        received.AddOrUpdate(key, 1, (_, n) => n + 1);
                        Interlocked.CompareExchange(ref recoveredAtFirstEvent, recovered.Count, 0);
                    },
                    () =>
                    {
                        recovered.Enqueue(key);
                        if (recovered.Count == 1)
                        {
                            isConnectedAtFirst = bus.IsConnected;
                            _ = Task.Run(() => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = "first" }, default));
                        }
                    },
                    default)));
            }

            own.Kill();
            await Eventually.TrueAsync(() => !bus.IsConnected, "the outage is detected");
            await own.StartAsync();
            await Eventually.TrueAsync(() => recovered.Count >= Meetings, "all meetings are notified");
            Assert.Equal(Meetings, recovered.Distinct().Count());
            Assert.InRange(recoveredAtFirstEvent, 1, Meetings - 1);

            // Events of other meetings may still be lost, so the bus must not report that it is connected.
            Assert.False(isConnectedAtFirst);
            await Eventually.TrueAsync(() => bus.IsConnected, "the bus is connected again");

            received.Clear();
            foreach (var batch in keys.Chunk(500))
            {
                await Task.WhenAll(batch.Select(key => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = "again" }, default)));
            }

            await Eventually.TrueAsync(() => received.Count == Meetings, "events of all meetings arrive");
            Assert.All(received.Values, n => Assert.Equal(1, n));
        }

        await own.DisposeAsync();
    }

    [Fact]
    public async Task RedisRestart_SubscribeDuringRecovery_DeliversEventsOnce()
    {
        const int Meetings = 1_000;
        var own = new RedisServer();
        await own.InitializeAsync();
        await using (var bus = await RedisMeetingBus.ConnectAsync(own.LongTimeoutConfiguration))
        {
            await Eventually.TrueAsync(() => bus.IsConnected, "the bus is connected");
            var keys = Enumerable.Range(0, Meetings).Select(i => new MeetingKey("acme", $"m{i}")).ToList();
            var (first, second) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
            var added = new TaskCompletionSource<Task>();
            var recovered = 0;
            await Task.WhenAll(keys.Select(key => bus.SubscribeAsync(
                key,
                e => first.Enqueue(e.Text!),
                () =>
                {
                    if (Interlocked.Increment(ref recovered) == 1)
                    {
                        // When the first meeting recovers, every meeting gets a second subscriber.
                        added.SetResult(Task.WhenAll(keys.Select(k => bus.SubscribeAsync(k, e => second.Enqueue(e.Text!), () => { }, default))));
                    }
                },
                default)));

            own.Kill();
            await Eventually.TrueAsync(() => !bus.IsConnected, "the outage is detected");
            await own.StartAsync();
            await await added.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await Eventually.TrueAsync(() => bus.IsConnected, "the bus is connected again");
            foreach (var text in new[] { "one", "last" })
            {
                await Task.WhenAll(keys.Select(key => bus.PublishAsync(key, new BusEvent { Kind = BusEventKind.Frame, Text = $"{text} of {key}" }, default)));
            }

            foreach (var received in new[] { first, second })
            {
                await Eventually.TrueAsync(() => received.Distinct().Count() == 2 * Meetings, "all events arrive");
                Assert.Equal(Meetings, received.Count(e => e.StartsWith("one", StringComparison.Ordinal)));
            }
        }

        await own.DisposeAsync();
    }

    [Fact]
    public async Task Renew_ManyMeetings_UsesFewCommands()
    {
        const int Meetings = 1_000;
        var own = new RedisServer();
        await own.InitializeAsync();
        await using (var bus = await RedisMeetingBus.ConnectAsync(own.LongTimeoutConfiguration))
        {
            await Eventually.TrueAsync(() => bus.IsConnected, "the bus is connected");
            var entries = Enumerable.Range(0, Meetings).Select(i => (
                Key: new MeetingKey("acme", $"m{i}"),
                Entry: new PresenceEntry { ParticipantId = $"p{i}", DisplayName = "A", Role = "host", Instance = "A", Connection = "c", Connected = true })).ToList();
            var before = await ScriptsAsync(own);
            await Task.WhenAll(entries.Select(e => bus.Presence.RenewAsync(e.Key, [e.Entry], TimeSpan.FromSeconds(30), default)));
            await Task.WhenAll(entries.Select(e => bus.Presence.SweepAsync(e.Key, default)));
            Assert.InRange(await ScriptsAsync(own) - before, 2, Meetings / 10);
            foreach (var (key, entry) in entries)
            {
                Assert.Equal([entry], await bus.Presence.ListAsync(key, default));
            }
        }

        await own.DisposeAsync();
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("5")]
    public async Task Renew_UnreadableEntry_IsRewrittenWithoutAffectingOthers(string stored)
    {
        const int Meetings = 100;
        var run = Guid.NewGuid().ToString("N");
        var entries = Enumerable.Range(0, Meetings).Select(i => (
            Key: new MeetingKey("acme", $"{run}-{i}"),
            Entry: new PresenceEntry { ParticipantId = "ann", DisplayName = "Ann", Role = "host", Instance = "A", Connection = "c", Connected = true })).ToList();
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await redis.GetDatabase().HashSetAsync($"{entries[Meetings / 2].Key}:presence", "ann", stored);

        await Task.WhenAll(entries.Select(e => A.Presence.RenewAsync(e.Key, [e.Entry], TimeSpan.FromSeconds(60), default)));

        foreach (var (key, entry) in entries)
        {
            Assert.Equal([entry], await B.Presence.ListAsync(key, default));
        }
    }

    private static async Task<long> ScriptsAsync(RedisServer server)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var stats = (string)(await redis.GetDatabase().ExecuteAsync("INFO", "commandstats"))!;
        return stats.Split('\n').Where(l => l.StartsWith("cmdstat_eval", StringComparison.Ordinal)).Sum(l => long.Parse(l.Split("calls=")[1].Split(',')[0], System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Call_SlowRedis_UsesConfiguredTimeout()
    {
        var own = new RedisServer();
        await own.InitializeAsync();
        await using (var withLongTimeout = await RedisMeetingBus.ConnectAsync($"{own.Configuration},responseTimeout=120000"))
        await using (var withDefaultTimeout = await RedisMeetingBus.ConnectAsync(own.Configuration))
        {
            await Eventually.TrueAsync(() => withLongTimeout.IsConnected && withDefaultTimeout.IsConnected, "both are connected");
            own.Pause();
            var code = withLongTimeout.TryConsumeCodeAsync(new MeetingKey("acme", "slow"), "code", TimeSpan.FromSeconds(9), default);
            try
            {
                await Eventually.TrueAsync(() => !withDefaultTimeout.IsConnected, "the default timeout expires");
            }
            finally
            {
                own.Continue();
            }

            Assert.True(await code);
            Assert.True(withLongTimeout.IsConnected);
        }

        await own.DisposeAsync();
    }

    [Fact]
    public async Task RedisRestart_RecoveryHandlerThrows_RecoversNextTime()
    {
        var own = new RedisServer();
        await own.InitializeAsync();
        await using var bus = await RedisMeetingBus.ConnectAsync(own.Configuration);
        var recovered = 0;
        await using var subscription = await bus.SubscribeAsync(
            new MeetingKey("acme", "m1"),
            _ => { },
            () =>
            {
                Interlocked.Increment(ref recovered);
                throw new InvalidOperationException("The handler failed.");
            },
            default);
        for (var outage = 1; outage <= 2; outage++)
        {
            var before = Volatile.Read(ref recovered);
            own.Stop();
            await Eventually.TrueAsync(() => !bus.IsConnected, "the outage is detected");
            await own.StartAsync();
            await Eventually.TrueAsync(() => bus.IsConnected && Volatile.Read(ref recovered) > before, $"outage {outage} is over");
        }

        await own.DisposeAsync();
    }

    protected override async Task<(IMeetingBus A, IMeetingBus B)> ConnectAsync() =>
        (await RedisMeetingBus.ConnectAsync(server.LongTimeoutConfiguration), await RedisMeetingBus.ConnectAsync(server.LongTimeoutConfiguration));
}
