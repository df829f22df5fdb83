using System.Text.Json;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// The bus of several instances: one pub/sub channel and a few keys a meeting, all named <c>meet:{tenant}:{meeting}:…</c>. While Redis is
/// away calls fail at once with <see cref="BusAwayException"/>; it is found again by itself.
/// </summary>
public sealed class RedisMeetingBus : IMeetingBus
{
    private readonly RedisLink link;

    private RedisMeetingBus(RedisLink link)
    {
        this.link = link;
        Presence = new RedisPresence(link);
    }

    public IPresence Presence { get; }

    public bool IsConnected => link.HearsAll;

    /// <summary>Null when <see cref="ConnectAsync"/> takes the text, else what is wrong with it, without the password that may stand in it.</summary>
    public static string? Problem(string configuration)
    {
        try
        {
            return ConfigurationOptions.Parse(configuration).EndPoints.Count > 0 ? null : "it names no server";
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    /// <param name="configuration">As StackExchange.Redis reads it: <c>host:port,password=…</c>.</param>
    public static async Task<RedisMeetingBus> ConnectAsync(string configuration) => new(await RedisLink.OpenAsync(configuration).ConfigureAwait(false));

    public Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct)
    {
        return link.SubscribeAsync(Channel(meeting), new ChannelListener(OnMessage, recovered)).WaitAsync(ct);

        void OnMessage(RedisValue value)
        {
            if (BusJson.TryRead<BusEvent>(value, out var busEvent))
            {
                handler(busEvent);
            }
        }
    }

    public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct) =>
        link.CallAsync(redis => redis.PublishAsync(Channel(meeting), JsonSerializer.SerializeToUtf8Bytes(busEvent, BusJson.Options)), ct);

    public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct) =>
        link.CallAsync(redis => redis.StringSetAsync($"{meeting}:code:{code}", 1, keep, When.NotExists), ct);

    public ValueTask DisposeAsync() => link.DisposeAsync();

    private static string Channel(MeetingKey meeting) => $"{meeting}:events";
}
