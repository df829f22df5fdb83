using System.Text.Json;
using StackExchange.Redis;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>
/// The meeting bus of several replicas, on Redis: one pub/sub channel and a few keys per meeting, all named <c>meet:{tenant}:{meeting}:…</c>. While Redis is
/// unavailable, calls fail immediately with <see cref="BusUnavailableException"/>; the bus reconnects by itself.
/// </summary>
public sealed class RedisMeetingBus : IMeetingBus
{
    /// <summary>Arguments: expected version, new version, state, TTL. Returns: 1 if the state was written.</summary>
    private const string WriteTopology =
        """
        if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'version', ARGV[2], 'state', ARGV[3])
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 1
        """;

    /// <summary>Longer than meetings usually last. A state that expired is written again by the replicas that know it.</summary>
    private static readonly TimeSpan TopologyLifetime = TimeSpan.FromDays(1);
    private readonly RedisLink _link;

    private RedisMeetingBus(RedisLink link)
    {
        _link = link;
        Presence = new RedisPresence(link);
    }

    public IPresence Presence { get; }

    public bool IsConnected => _link.IsSubscribed;

    /// <summary>
    /// Returns null if <see cref="ConnectAsync"/> accepts the configuration, otherwise what is wrong with it. The text never contains the password.
    /// </summary>
    public static string? Validate(string configuration)
    {
        try
        {
            return ConfigurationOptions.Parse(configuration).EndPoints.Count > 0 ? null : "it contains no server address";
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    /// <param name="configuration">A StackExchange.Redis configuration string: <c>host:port,password=…</c>.</param>
    public static async Task<RedisMeetingBus> ConnectAsync(string configuration) => new(await RedisLink.OpenAsync(configuration).ConfigureAwait(false));

    public Task<IAsyncDisposable> SubscribeAsync(MeetingKey meeting, Action<BusEvent> handler, Action recovered, CancellationToken ct)
    {
        return _link.SubscribeAsync(Channel(meeting), new ChannelListener(OnMessage, recovered)).WaitAsync(ct);

        void OnMessage(RedisValue value)
        {
            if (BusJson.TryRead<BusEvent>(value, out var busEvent))
            {
                using var span = BusTracing.Receive(busEvent);
                handler(busEvent);
            }
        }
    }

    public Task PublishAsync(MeetingKey meeting, BusEvent busEvent, CancellationToken ct) =>
        _link.CallAsync(redis => redis.PublishAsync(Channel(meeting), JsonSerializer.SerializeToUtf8Bytes(BusTracing.WithCurrentSpan(busEvent), BusJson.Options)), ct);

    public Task<bool> TryConsumeCodeAsync(MeetingKey meeting, string code, TimeSpan keep, CancellationToken ct) =>
        _link.CallAsync(redis => redis.StringSetAsync($"{meeting}:code:{code}", 1, keep, When.NotExists), ct);

    public async Task<MeetingTopology?> ReadTopologyAsync(MeetingKey meeting, CancellationToken ct) =>
        BusJson.TryRead<MeetingTopology>(await _link.CallAsync(redis => redis.HashGetAsync(Topology(meeting), "state"), ct).ConfigureAwait(false), out var topology) ? topology : null;

    public async Task<bool> TryWriteTopologyAsync(MeetingKey meeting, MeetingTopology topology, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(topology);
        RedisValue[] arguments = [topology.Version - 1, topology.Version, JsonSerializer.SerializeToUtf8Bytes(topology, BusJson.Options), (long)TopologyLifetime.TotalMilliseconds];
        return (int)await _link.CallAsync(redis => redis.ScriptEvaluateAsync(WriteTopology, [Topology(meeting)], arguments), ct).ConfigureAwait(false) == 1;
    }

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private static RedisKey Topology(MeetingKey meeting) => $"{meeting}:topology";

    private static string Channel(MeetingKey meeting) => $"{meeting}:events";
}
