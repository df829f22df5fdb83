using System.Collections.Concurrent;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// The way to Redis, which trusts nobody's word that it works: every second a beat is published and has to come back over the subscription.
/// A beat that does not come back, a command that gets no answer or a broken connection mean that Redis is away; then calls fail at once. When
/// a beat comes back again, calls work at once, and the subscriptions are made anew a piece at a time: who listens is told when its own one is. A library
/// that does not find back is replaced.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BeatEveryWhileAway = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a command may take, in milliseconds; <c>responseTimeout</c> in the configuration says otherwise.</summary>
    private const int AnswerWithinMilliseconds = 2_000;
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(5);

    /// <summary>Channels subscribed at once after a break: all of them at once would not be answered in time, and hold up everything else.</summary>
    private const int Piece = 256;

    /// <summary>Beats in vain after which the library's connections are thrown away and made anew.</summary>
    private const int Patience = 6;

    private readonly ConfigurationOptions options;
    private readonly TimeSpan answerWithin;
    private readonly ConcurrentDictionary<string, ChannelHandlers> channels = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim subscribing = new(1);
    private readonly LinkState state = new();
    private readonly CancellationTokenSource closed = new();
    private readonly string pulse = $"meet:pulse:{Guid.NewGuid():N}";
    private readonly TaskCompletionSource firstBeat = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConnectionMultiplexer redis;
    private volatile Beat? latest;
    private Task beating = Task.CompletedTask;

    private RedisLink(ConfigurationOptions options, ConnectionMultiplexer redis)
    {
        this.options = options;
        answerWithin = TimeSpan.FromMilliseconds(options.ResponseTimeout);
        this.redis = redis;
        Watch(redis);
    }

    /// <summary>False from a break until every channel is subscribed again.</summary>
    public bool HearsAll => state.IsSubscribed;

    /// <summary>Comes back when Redis answers, or after a moment without it: it may come later.</summary>
    public static async Task<RedisLink> OpenAsync(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        if (!configuration.Contains("responseTimeout", StringComparison.OrdinalIgnoreCase))
        {
            options.ResponseTimeout = AnswerWithinMilliseconds;
        }

        options.ConnectTimeout = 2_000;
        options.SyncTimeout = 2_000;
        options.KeepAlive = 5;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        var link = new RedisLink(options, await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false));
        link.beating = Task.Run(link.BeatAsync);
        await Task.WhenAny(link.firstBeat.Task, Task.Delay(FirstWithin)).ConfigureAwait(false);
        return link;
    }

    /// <summary>Fails at once while Redis is away, and after a while when it hangs.</summary>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken ct)
    {
        if (!state.IsAlive)
        {
            throw new BusAwayException("Redis is away.");
        }

        try
        {
            return await call(redis.GetDatabase()).WaitAsync(answerWithin, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or RedisConnectionException or RedisTimeoutException or ObjectDisposedException)
        {
            state.Break();
            throw new BusAwayException("Redis does not answer.", e);
        }
    }

    /// <summary>Works also while Redis is away: then it hears from when Redis is back.</summary>
    public async Task<IAsyncDisposable> SubscribeAsync(string channel, ChannelListener listener)
    {
        await subscribing.WaitAsync().ConfigureAwait(false);
        var handlers = channels.GetOrAdd(channel, static _ => new ChannelHandlers());
        handlers.Add(listener);
        try
        {
            if (state.IsAlive && !handlers.IsSubscribed)
            {
                await SubscribeAsync(redis.GetSubscriber(), channel, handlers).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            state.Break();
        }
        finally
        {
            subscribing.Release();
        }

        return new Subscription(() => UnsubscribeAsync(channel, handlers, listener));
    }

    public async ValueTask DisposeAsync()
    {
        await closed.CancelAsync().ConfigureAwait(false);
        state.Break();
        await beating.ConfigureAwait(false);
        await DropAsync(redis).ConfigureAwait(false);
        closed.Dispose();
    }

    private static async Task DropAsync(ConnectionMultiplexer old)
    {
        try
        {
            await old.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // It was broken already.
        }

        old.Dispose();
    }

    private async Task SubscribeAsync(ISubscriber subscriber, string channel, ChannelHandlers handlers)
    {
        // After a break the library may still have the subscription of before, and would call the handlers twice.
        await subscriber.UnsubscribeAsync(channel).WaitAsync(answerWithin).ConfigureAwait(false);
        await subscriber.SubscribeAsync(channel, handlers.OnMessage).WaitAsync(answerWithin).ConfigureAwait(false);
        handlers.IsSubscribed = true;
    }

    private void Watch(ConnectionMultiplexer connection)
    {
        // Handlers run in the order of arrival.
        connection.PreserveAsyncOrder = true;
        connection.ConnectionFailed += (_, _) =>
        {
            if (ReferenceEquals(connection, redis))
            {
                state.Break();
            }
        };
    }

    private async Task BeatAsync()
    {
        var inVain = 0;
        while (!closed.IsCancellationRequested)
        {
            var before = state.Breaks;
            if (await ComesBackAsync().ConfigureAwait(false))
            {
                inVain = 0;
                await FoundAsync(before).ConfigureAwait(false);
            }
            else if (!closed.IsCancellationRequested)
            {
                state.Break();
                if (++inVain % Patience == 0)
                {
                    await ReplaceAsync().ConfigureAwait(false);
                }
            }

            await Task.Delay(state.IsAlive ? BeatEvery : BeatEveryWhileAway, closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> ComesBackAsync()
    {
        try
        {
            var connection = redis;
            var subscriber = connection.GetSubscriber();
            var beat = new Beat(Random.Shared.NextInt64());
            latest = beat;
            if (!state.IsAlive)
            {
                // Subscribing is idempotent, and after a break the one of before may be lost.
                await subscriber.UnsubscribeAsync(pulse).WaitAsync(answerWithin, closed.Token).ConfigureAwait(false);
                await subscriber.SubscribeAsync(pulse, OnBeat).WaitAsync(answerWithin, closed.Token).ConfigureAwait(false);
            }

            await subscriber.PublishAsync(pulse, beat.Number).WaitAsync(answerWithin, closed.Token).ConfigureAwait(false);
            await beat.Heard.Task.WaitAsync(answerWithin, closed.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            // Whatever the library throws while a connection ends: the beat did not come back, and the next one must be sent.
            return false;
        }
    }

    private void OnBeat(RedisChannel channel, RedisValue value)
    {
        if (latest is { } beat && beat.Number == (long)value)
        {
            beat.Heard.TrySetResult();
        }
    }

    /// <summary>Redis answers. If it did not before, everything is subscribed again; if it breaks meanwhile, the next beat begins anew.</summary>
    private async Task FoundAsync(long before)
    {
        if (state.IsAlive)
        {
            return;
        }

        var lost = await ReviveAsync(before).ConfigureAwait(false);
        firstBeat.TrySetResult();
        foreach (var piece in lost.Chunk(Piece))
        {
            if (!state.IsAlive || !await SubscribeAgainAsync(piece).ConfigureAwait(false))
            {
                return;
            }

            foreach (var (_, handlers) in piece)
            {
                TellRecovered(handlers);
            }
        }

        state.TryMarkSubscribed(before);
    }

    /// <summary>Lets calls through again. The channels of before, to be subscribed anew; those that come from now on subscribe themselves.</summary>
    private async Task<KeyValuePair<string, ChannelHandlers>[]> ReviveAsync(long before)
    {
        await subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            var lost = channels.ToArray();
            foreach (var (_, handlers) in lost)
            {
                handlers.IsSubscribed = false;
            }

            state.TryMarkAlive(before);
            return lost;
        }
        finally
        {
            subscribing.Release();
        }
    }

    private async Task<bool> SubscribeAgainAsync(KeyValuePair<string, ChannelHandlers>[] piece)
    {
        await subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            var subscriber = redis.GetSubscriber();

            // Some of them may have nobody left who listens, or were subscribed by a newcomer.
            await Task.WhenAll(piece.Where(c => !c.Value.IsSubscribed && channels.TryGetValue(c.Key, out var now) && now == c.Value)
                .Select(channel => SubscribeAsync(subscriber, channel.Key, channel.Value))).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            state.Break();
            return false;
        }
        finally
        {
            subscribing.Release();
        }
    }

    private static void TellRecovered(ChannelHandlers handlers)
    {
        try
        {
            handlers.OnRecovered();
        }
        catch (Exception)
        {
            // Who hears it may fail; the beating goes on.
        }
    }

    private async Task ReplaceAsync()
    {
        var old = redis;
        try
        {
            var next = await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false);
            Watch(next);
            redis = next;
            await DropAsync(old).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Not yet; the old one goes on trying.
        }
    }

    private async ValueTask UnsubscribeAsync(string channel, ChannelHandlers handlers, ChannelListener listener)
    {
        await subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (handlers.RemoveAndIsEmpty(listener) && channels.TryRemove(KeyValuePair.Create(channel, handlers)) && state.IsAlive)
            {
                await redis.GetSubscriber().UnsubscribeAsync(channel).WaitAsync(answerWithin).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The connection is gone, and the subscription with it.
        }
        finally
        {
            subscribing.Release();
        }
    }

    private sealed record Beat(long Number)
    {
        public TaskCompletionSource Heard { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Subscription(Func<ValueTask> end) : IAsyncDisposable
    {
        private int ended;

        public ValueTask DisposeAsync() => Interlocked.Exchange(ref ended, 1) == 0 ? end() : ValueTask.CompletedTask;
    }
}
