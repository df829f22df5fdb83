using Xunit.Abstractions;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>A test of one server; without that server it is not there, rather than skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("MeetOperator.Conformance.Tests.Servers.ServerFactDiscoverer", "MeetOperator.Conformance.Tests")]
internal sealed class ServerFactAttribute(string server) : FactAttribute
{
    public string Server { get; } = server;
}

/// <summary>Finds the test when its server is there.</summary>
internal sealed class ServerFactDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    private readonly FactDiscoverer _facts = new(messages);

    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        ServerNames.Present.Contains((string)factAttribute.GetConstructorArguments().First()) ? _facts.Discover(discoveryOptions, testMethod, factAttribute) : [];
}
