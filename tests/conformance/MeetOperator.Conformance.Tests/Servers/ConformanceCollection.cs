namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>All suites share the servers and run one after another, because a real server may have other clients.</summary>
[CollectionDefinition(Name)]
public sealed class ConformanceCollection : ICollectionFixture<ConformanceServers>, ICollectionFixture<Golden.Reviewers>
{
    public const string Name = "conformance";
}
