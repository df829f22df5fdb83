using System.Reflection;
using Xunit.Sdk;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>Runs a theory for every valid or every invalid case with every available reviewer.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GoldenCasesAttribute(string validity) : DataAttribute
{
    public string Validity { get; } = validity;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) =>
        GoldenCase.Paths(Validity).SelectMany(path => Reviewers.Available.Select(reviewer => new object[] { reviewer, path }));
}
