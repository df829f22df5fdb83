namespace MeetOperator.Signaling.Tests;

/// <summary>Tests that use a real PostgreSQL or Redis share one of each.</summary>
[CollectionDefinition(Name)]
public sealed class ServersCollection : ICollectionFixture<PostgresServer>, ICollectionFixture<RedisServer>
{
    public const string Name = "servers";
}
