namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>The collection of tests with two replicas that share one PostgreSQL server. Its tests run one after the other, and beside those of other collections.</summary>
[CollectionDefinition(Name)]
public sealed class ReplicasCollection : ICollectionFixture<PostgresServer>
{
    public const string Name = "replicas";
}
