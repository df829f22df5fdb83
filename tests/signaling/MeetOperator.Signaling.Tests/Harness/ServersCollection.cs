namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>The collection of tests, other than those with two replicas, that share one PostgreSQL server and one Redis server. Its tests run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ServersCollection : ICollectionFixture<PostgresServer>, ICollectionFixture<RedisServer>
{
    public const string Name = "servers";
}
