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

    /// <summary>Each cause is found with a command, or is a step of the table.</summary>
    [Fact]
    public void Operations_TableOfPeopleWhoCannotConnect_HasACommandForEveryCause()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "operations.md"));
        var section = document[document.IndexOf("### Some people cannot connect", StringComparison.Ordinal)..];
        var rows = section[..section.IndexOf("\n## ", StringComparison.Ordinal)].Split('\n').Where(line => line.StartsWith('|')).Skip(2).ToArray();

        Assert.InRange(rows.Length, 10, 100);
        Assert.All(rows, row => Assert.Matches("`(kubectl|curl|openssl) |the command of the row", Columns().Split(row)[3]));
    }

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Columns();

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
