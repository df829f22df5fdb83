using System.Text.Json;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// The bus of several instances: one pub/sub channel and a few keys a meeting, all named <c>meet:{tenant}:{meeting}:…</c>. When Redis goes
/// away the connection is made again by itself and <see cref="Recovered"/> is raised.
/// </summary>
public sealed class RedisMeetingBus : IMeetingBus
{
    private readonly ConnectionMultiplexer redis;
    private readonly ISubscriber subscriber;

    private RedisMeetingBus(ConnectionMultiplexer redis)
    {
        this.redis = redis;
        // Handlers run in the order of arrival; the library restores subscriptions after a break.
        redis.PreserveAsyncOrder = true;
        subscriber = redis.GetSubscriber();
        Presence = new RedisPresence(redis);
        redis.ConnectionRestored += OnRestored;
    }

    public event Action? Recovered;

    public IPresence Presence { get; }

    public bool IsConnected => redis.IsConnected && subscriber.IsConnected();

    /// <param name="configuration">As StackExchange.Redis reads it: <c>host:port,password=…</c>.</param>
    public static async Task<RedisMeetingBus> ConnectAsync(string configuration)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2_000;
        options.SyncTimeout = 2_000;
        options.ResponseTimeout = 2_000;
        options.KeepAlive = 5;
        options.ReconnectRetryPolicy = new LinearRetry(500);
        return new RedisMeetingBus(await ConnectionMultiplexer.ConnectAsync(options).ConfigureAwait(false));
    }

    public async Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, CancellationToken ct)
    {
        var subscription = new Subscription(subscriber, $"{meeting}:events", handler);
        await subscriber.SubscribeAsync(subscription.Channel, subscription.OnMessage).WaitAsync(ct).ConfigureAwait(false);
        return subscription;
    }

    public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct) =>
        subscriber.PublishAsync($"{meeting}:events", JsonSerializer.SerializeToUtf8Bytes(busEvent, BusJson.Options)).WaitAsync(ct);

    public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct) =>
        redis.GetDatabase().StringSetAsync($"{meeting}:code:{code}", 1, keep, When.NotExists).WaitAsync(ct);

    public async ValueTask DisposeAsync()
    {
        redis.ConnectionRestored -= OnRestored;
        await redis.CloseAsync().ConfigureAwait(false);
        redis.Dispose();
    }

    private void OnRestored(object? sender, ConnectionFailedEventArgs e)
    {
        // Both connections break together; the one for commands is restored last or first, so each of them triggers a reading.
        Recovered?.Invoke();
    }

    private sealed class Subscription(ISubscriber subscriber, string channel, Action<BusEvent> handler) : IAsyncDisposable
    {
        public RedisChannel Channel { get; } = channel;

        public void OnMessage(RedisChannel from, RedisValue value)
        {
            if (BusJson.TryRead<BusEvent>(value, out var busEvent))
            {
                handler(busEvent);
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await subscriber.UnsubscribeAsync(Channel, OnMessage).ConfigureAwait(false);
            }
            catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
            {
                // The connection is gone, and the subscription with it.
            }
        }
    }
}
