using System.Reflection;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Servers;

/// <summary>Gives a theory the name of each server that is there; one that is not there is no case at all.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EveryServerAttribute : DataAttribute
{
    /// <summary>A real server that this does not concern: it is too old for it, or does not serve it.</summary>
    public string? Without { get; init; }

    /// <summary>Why <see cref="Without"/>.</summary>
    public string? Because { get; init; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        ServerNames.Present.Where(server => server != Without).Select(server => new object[] { server });
}
