namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>The base of every suite: servers with namespaces.</summary>
[Collection(ConformanceCollection.Name)]
public abstract class ConformanceTests(ConformanceServers fleet)
{
    /// <summary>A shared namespace, in which tests distinguish objects by name.</summary>
    internal Task<Space> SharedAsync(string server) => fleet.SharedAsync(server);

    /// <summary>An empty namespace.</summary>
    internal Task<Space> OwnAsync(string server) => fleet.OwnAsync(server);
}
