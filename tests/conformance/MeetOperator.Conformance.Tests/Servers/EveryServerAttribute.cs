using System.Reflection;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>Runs a theory for the name of each available server. Unavailable servers create no test case.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EveryServerAttribute : DataAttribute
{
    /// <summary>A real server that is left out, because it is too old or lacks the feature.</summary>
    public string? Without { get; init; }

    /// <summary>The reason for <see cref="Without"/>.</summary>
    public string? Because { get; init; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        ServerNames.Available.Where(server => server != Without).Select(server => new object[] { server });
}
