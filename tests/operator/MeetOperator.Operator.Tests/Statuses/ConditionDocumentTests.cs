using System.Reflection;
using System.Text.RegularExpressions;
using MeetOperator.Contracts.Naming;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Statuses;

public sealed partial class ConditionDocumentTests
{
    [Fact]
    public void Operations_TableOfConditions_HasEveryCondition()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "operations.md"));
        var section = document[document.IndexOf("## Conditions and reasons", StringComparison.Ordinal)..document.IndexOf("Reasons of `Stalled`", StringComparison.Ordinal)];
        var known = typeof(MeetConditions).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(known.Order(StringComparer.Ordinal), Rows().Matches(section).Select(row => row.Groups[1].Value).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
