using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Signaling.Tests;

/// <summary>Two servers over one database, one Redis of their own and one media node.</summary>
internal sealed class TwoInstances : IAsyncDisposable
{
    private TwoInstances(TestCluster cluster, RedisServer redis, SimulatedMediaNode node, TestSignaling[] servers)
    {
        (Cluster, Redis, Node) = (cluster, redis, node);
        (A, B) = (servers[0], servers[1]);
    }

    public TestCluster Cluster { get; }

    public RedisServer Redis { get; }

    public SimulatedMediaNode Node { get; }

    public TestSignaling A { get; }

    public TestSignaling B { get; }

    public static async Task<TwoInstances> StartAsync(PostgresServer postgres)
    {
        var redis = new RedisServer();
        await redis.InitializeAsync();
        var cluster = await TestCluster.StartAsync();
        var node = await cluster.AddNodeAsync("default-aaaaa");
        var database = await postgres.CreateDatabaseAsync();
        var keys = new SigningKeys([new SigningKey(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32))]);
        var servers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => TestSignaling.StartAsync(
            cluster, options => options with { Database = database, Redis = redis.Configuration, SigningKeys = keys, Instance = Guid.NewGuid().ToString("N") })));
        return new TwoInstances(cluster, redis, node, servers);
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
        await Cluster.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
