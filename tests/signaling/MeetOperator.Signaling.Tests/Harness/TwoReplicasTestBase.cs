using MeetOperator.NodeControl.Testing;
using MeetOperator.Signaling.Keys;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Base class of tests with two servers that share one database, one Redis and one media node.</summary>
public abstract class TwoReplicasTestBase(PostgresServer postgres) : IAsyncLifetime
{
    private protected TestCluster cluster = null!;

    private protected RedisServer redis { get; } = new();

    private protected SimulatedMediaNode node { get; private set; } = null!;

    private protected TestSignaling a { get; private set; } = null!;

    private protected TestSignaling b { get; private set; } = null!;

    /// <summary>Long by default, because a busy machine can delay a reconnect.</summary>
    private protected virtual TimeSpan ReconnectTimeout => TimeSpan.FromMinutes(2);

    private protected virtual TimeSpan DirectDelay => new SignalingTimings().DirectDelay;

    private protected virtual TimeSpan NodeCallTimeout => new SignalingTimings().NodeCallTimeout;

    private protected virtual SignalingTimings Change(SignalingTimings timings) => timings;

    private protected virtual string RedisOf(RedisServer server) => server.LongTimeoutConfiguration;

    public async Task InitializeAsync()
    {
        await redis.InitializeAsync();
        cluster = await TestCluster.StartAsync();
        node = await cluster.AddNodeAsync("default-aaaaa");
        var database = await postgres.CreateDatabaseAsync();
        var keys = new SigningKeys([new SigningKey(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32))]);
        var servers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => TestSignaling.StartAsync(
            cluster,
            options => options with
            {
                Database = database,
                Redis = RedisOf(redis),
                SigningKeys = keys,
                ReplicaId = Guid.NewGuid().ToString("N"),
                Timings = Change(options.Timings with { ReconnectTimeout = ReconnectTimeout, DirectDelay = DirectDelay, NodeCallTimeout = NodeCallTimeout }),
            })));
        (a, b) = (servers[0], servers[1]);
    }

    public async Task DisposeAsync()
    {
        await a.DisposeAsync();
        await b.DisposeAsync();
        await cluster.DisposeAsync();
        await redis.DisposeAsync();
    }
}
