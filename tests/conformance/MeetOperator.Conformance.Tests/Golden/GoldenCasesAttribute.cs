using System.Reflection;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>Gives a theory every case of a verdict before every judge that is there.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoldenCasesAttribute(string verdict) : DataAttribute
{
    public string Verdict { get; } = verdict;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        GoldenCase.Paths(Verdict).SelectMany(path => Judges.Present.Select(judge => new object[] { judge, path }));
}
