namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>The collection of tests that share one PostgreSQL server and one Redis server.</summary>
[CollectionDefinition(Name)]
public sealed class ServersCollection : ICollectionFixture<PostgresServer>, ICollectionFixture<RedisServer>
{
    public const string Name = "servers";
}
