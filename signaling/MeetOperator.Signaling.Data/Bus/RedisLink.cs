using System.Collections.Concurrent;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// The connection to Redis, with its own health check: every second, a heartbeat is published and must arrive over the subscription. Redis counts as
/// unavailable after a lost heartbeat, a command timeout or a broken connection; calls then fail immediately. When a heartbeat arrives again, calls work
/// immediately, and channels are resubscribed in batches. Each listener is notified after its own channel is resubscribed. If the Redis library does not
/// reconnect, its connections are replaced. Thread-safe.
/// </summary>
internal sealed class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HeartbeatIntervalWhileDown = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan HeartbeatTimeoutWhileDown = TimeSpan.FromSeconds(2);

    /// <summary>Default command timeout in milliseconds; <c>responseTimeout</c> in the configuration overrides it.</summary>
    private const int CommandTimeoutMilliseconds = 2_000;
    private static readonly TimeSpan FirstHeartbeatTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Channels to resubscribe at once after a break. Resubscribing all at once would time out and delay other commands.</summary>
    private const int ResubscribeBatch = 256;

    /// <summary>Number of missed heartbeats after which the library's connections are replaced.</summary>
    private const int MissedHeartbeatsBeforeReplacing = 6;

    private readonly ConfigurationOptions _options;
    private readonly TimeSpan _commandTimeout;
    private readonly ConcurrentDictionary<string, ChannelHandlers> _channels = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _subscribing = new(1);
    private readonly LinkState _state = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly string _heartbeatChannel = $"meet:pulse:{Guid.NewGuid():N}";
    private readonly TaskCompletionSource _firstHeartbeat = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ConnectionMultiplexer _redis;
    private volatile Heartbeat? _latestHeartbeat;
    private long _sentHeartbeats;
    private long _arrivedHeartbeats;
    private Task _heartbeats = Task.CompletedTask;

    private RedisLink(ConfigurationOptions options, ConnectionMultiplexer redis)
    {
        _options = options;
        _commandTimeout = TimeSpan.FromMilliseconds(options.ResponseTimeout);
        _redis = redis;
        ObserveFailures(redis);
    }

    /// <summary>False from a break until every channel is subscribed again.</summary>
    public bool IsSubscribed => _state.IsSubscribed;

    /// <summary>Returns when Redis responds, or after a timeout; the link then keeps trying to connect.</summary>
    public static async Task<RedisLink> OpenAsync(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        if (!configuration.Contains("responseTimeout", StringComparison.OrdinalIgnoreCase))
        {
            options.ResponseTimeout = CommandTimeoutMilliseconds;
        }

        options.ConnectTimeout = 2_000;
        options.SyncTimeout = 2_000;
        options.KeepAlive = 5;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        var link = new RedisLink(options, await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false));
        link._heartbeats = Task.Run(link.RunHeartbeatsAsync);
        await Task.WhenAny(link._firstHeartbeat.Task, Task.Delay(FirstHeartbeatTimeout)).ConfigureAwait(false);
        return link;
    }

    /// <summary>Runs a command. Fails immediately while Redis is unavailable, and after the command timeout if it hangs.</summary>
    /// <exception cref="BusUnavailableException">Redis is unavailable.</exception>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken ct)
    {
        if (!_state.IsAlive)
        {
            throw new BusUnavailableException("Redis is unavailable.");
        }

        try
        {
            return await call(_redis.GetDatabase()).WaitAsync(_commandTimeout, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or RedisConnectionException or RedisTimeoutException or ObjectDisposedException)
        {
            _state.Break();
            throw new BusUnavailableException("Redis does not respond.", e);
        }
    }

    /// <summary>Adds a listener. While Redis is unavailable, the subscription becomes active when it recovers.</summary>
    public async Task<IAsyncDisposable> SubscribeAsync(string channel, ChannelListener listener)
    {
        await _subscribing.WaitAsync().ConfigureAwait(false);
        var handlers = _channels.GetOrAdd(channel, static _ => new ChannelHandlers());
        handlers.Add(listener);
        try
        {
            if (_state.IsAlive && !handlers.IsSubscribed)
            {
                await SubscribeAsync(_redis.GetSubscriber(), channel, handlers).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            _state.Break();
        }
        finally
        {
            _subscribing.Release();
        }

        return new Subscription(() => UnsubscribeAsync(channel, handlers, listener));
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        _state.Break();
        await _heartbeats.ConfigureAwait(false);
        await CloseAsync(_redis).ConfigureAwait(false);
        _closed.Dispose();
    }

    private static async Task CloseAsync(ConnectionMultiplexer old)
    {
        try
        {
            await old.CloseAsync(allowCommandsToComplete: false).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The connection was already broken.
        }

        old.Dispose();
    }

    private async Task SubscribeAsync(ISubscriber subscriber, string channel, ChannelHandlers handlers)
    {
        // After a break, the library may still have the previous subscription and would call the handlers twice.
        await subscriber.UnsubscribeAsync(channel).WaitAsync(_commandTimeout).ConfigureAwait(false);
        await subscriber.SubscribeAsync(channel, handlers.OnMessage).WaitAsync(_commandTimeout).ConfigureAwait(false);
        handlers.IsSubscribed = true;
    }

    private void ObserveFailures(ConnectionMultiplexer connection)
    {
        // Handlers must run in the order of arrival.
        connection.PreserveAsyncOrder = true;
        connection.ConnectionFailed += (_, _) =>
        {
            if (ReferenceEquals(connection, _redis))
            {
                _state.Break();
            }
        };
    }

    private async Task RunHeartbeatsAsync()
    {
        var missed = 0;
        while (!_closed.IsCancellationRequested)
        {
            var breaksBefore = _state.Breaks;
            if (await TryHeartbeatAsync().ConfigureAwait(false))
            {
                missed = 0;
                await OnHeartbeatArrivedAsync(breaksBefore).ConfigureAwait(false);
            }
            else if (!_closed.IsCancellationRequested)
            {
                _state.Break();
                if (++missed % MissedHeartbeatsBeforeReplacing == 0)
                {
                    await ReplaceConnectionAsync().ConfigureAwait(false);
                }
            }

            await Task.Delay(_state.IsAlive ? HeartbeatInterval : HeartbeatIntervalWhileDown, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TryHeartbeatAsync()
    {
        try
        {
            var connection = _redis;
            var subscriber = connection.GetSubscriber();
            var timeout = _commandTimeout;
            if (!_state.IsAlive)
            {
                // Redis drops a heartbeat that is published before the subscription. The timeout is short, so that the next heartbeat follows soon. A heartbeat that
                // arrives late still counts.
                timeout = _commandTimeout < HeartbeatTimeoutWhileDown ? _commandTimeout : HeartbeatTimeoutWhileDown;

                // The previous subscription may be lost after a break.
                await subscriber.UnsubscribeAsync(_heartbeatChannel).WaitAsync(_commandTimeout, _closed.Token).ConfigureAwait(false);
                await subscriber.SubscribeAsync(_heartbeatChannel, OnHeartbeatMessage).WaitAsync(_commandTimeout, _closed.Token).ConfigureAwait(false);
            }

            var heartbeat = new Heartbeat(_arrivedHeartbeats + 1);
            _latestHeartbeat = heartbeat;
            await subscriber.PublishAsync(_heartbeatChannel, ++_sentHeartbeats).WaitAsync(_commandTimeout, _closed.Token).ConfigureAwait(false);
            await heartbeat.Arrived.Task.WaitAsync(timeout, _closed.Token).ConfigureAwait(false);
            _arrivedHeartbeats = _sentHeartbeats;
            return true;
        }
        catch (Exception)
        {
            // The library can throw any exception while a connection ends. The next heartbeat must still be sent.
            return false;
        }
    }

    private void OnHeartbeatMessage(RedisChannel channel, RedisValue value)
    {
        if (_latestHeartbeat is { } heartbeat && (long)value >= heartbeat.Oldest)
        {
            heartbeat.Arrived.TrySetResult();
        }
    }

    /// <summary>
    /// Resubscribes all channels if Redis was unavailable before this heartbeat. If the connection breaks meanwhile, the next heartbeat starts over.
    /// </summary>
    private async Task OnHeartbeatArrivedAsync(long breaksBefore)
    {
        if (_state.IsAlive)
        {
            return;
        }

        var lost = await MarkAliveAsync(breaksBefore).ConfigureAwait(false);
        _firstHeartbeat.TrySetResult();
        foreach (var batch in lost.Chunk(ResubscribeBatch))
        {
            if (!_state.IsAlive || !await ResubscribeAsync(batch).ConfigureAwait(false))
            {
                return;
            }

            foreach (var (_, handlers) in batch)
            {
                NotifyRecovered(handlers);
            }
        }

        _state.TryMarkSubscribed(breaksBefore);
    }

    /// <summary>Allows calls again. Returns the channels to resubscribe; channels added from now on subscribe themselves.</summary>
    private async Task<KeyValuePair<string, ChannelHandlers>[]> MarkAliveAsync(long breaksBefore)
    {
        await _subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            var lost = _channels.ToArray();
            foreach (var (_, handlers) in lost)
            {
                handlers.IsSubscribed = false;
            }

            _state.TryMarkAlive(breaksBefore);
            return lost;
        }
        finally
        {
            _subscribing.Release();
        }
    }

    private async Task<bool> ResubscribeAsync(KeyValuePair<string, ChannelHandlers>[] batch)
    {
        await _subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            var subscriber = _redis.GetSubscriber();

            // Meanwhile, a channel may have lost its last listener, or a new listener may have subscribed it.
            await Task.WhenAll(batch.Where(c => !c.Value.IsSubscribed && _channels.TryGetValue(c.Key, out var now) && now == c.Value)
                .Select(channel => SubscribeAsync(subscriber, channel.Key, channel.Value))).ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            _state.Break();
            return false;
        }
        finally
        {
            _subscribing.Release();
        }
    }

    private static void NotifyRecovered(ChannelHandlers handlers)
    {
        try
        {
            handlers.OnRecovered();
        }
        catch (Exception)
        {
            // A failing listener must not stop the heartbeats.
        }
    }

    private async Task ReplaceConnectionAsync()
    {
        var old = _redis;
        try
        {
            var next = await ConnectionMultiplexer.ConnectAsync(_options).ConfigureAwait(false);
            ObserveFailures(next);
            _redis = next;
            await CloseAsync(old).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The old connection keeps trying to reconnect.
        }
    }

    private async ValueTask UnsubscribeAsync(string channel, ChannelHandlers handlers, ChannelListener listener)
    {
        await _subscribing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (handlers.Remove(listener) && _channels.TryRemove(KeyValuePair.Create(channel, handlers)) && _state.IsAlive)
            {
                await _redis.GetSubscriber().UnsubscribeAsync(channel).WaitAsync(_commandTimeout).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The subscription ended with the connection.
        }
        finally
        {
            _subscribing.Release();
        }
    }

    /// <param name="Oldest">The first heartbeat after the last one that arrived.</param>
    private sealed record Heartbeat(long Oldest)
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Subscription(Func<ValueTask> end) : IAsyncDisposable
    {
        private int _ended;

        public ValueTask DisposeAsync() => Interlocked.Exchange(ref _ended, 1) == 0 ? end() : ValueTask.CompletedTask;
    }
}
