namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>All suites share the servers, and run one after another: a real server is not ours alone.</summary>
[CollectionDefinition(Name)]
public sealed class ConformanceCollection : ICollectionFixture<Fleet>, ICollectionFixture<Golden.Judges>
{
    public const string Name = "conformance";
}
