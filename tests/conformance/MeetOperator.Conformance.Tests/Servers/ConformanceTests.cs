namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>What every suite has: the servers, and namespaces on them.</summary>
[Collection(ConformanceCollection.Name)]
public abstract class ConformanceTests(Fleet fleet)
{
    /// <summary>A namespace that other tests use too: tell objects by name.</summary>
    internal Task<Space> SharedAsync(string server) => fleet.SharedAsync(server);

    /// <summary>A namespace with nothing in it.</summary>
    internal Task<Space> OwnAsync(string server) => fleet.OwnAsync(server);
}
