using Xunit.Abstractions;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>A test for one server. Without that server, the test does not exist, so it does not count as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("MeetOperator.Conformance.Tests.Servers.ServerFactDiscoverer", "MeetOperator.Conformance.Tests")]
internal sealed class ServerFactAttribute(string server) : FactAttribute
{
    public string Server { get; } = server;
}

/// <summary>Discovers the test when its server is available.</summary>
internal sealed class ServerFactDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    private readonly FactDiscoverer _facts = new(messages);

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        ServerNames.Available.Contains((string)factAttribute.GetConstructorArguments().First()) ? _facts.Discover(discoveryOptions, testMethod, factAttribute) : [];
}
