using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>No type grows over the ceiling of a file by being spread over several: the files of a partial type count together.</summary>
public sealed partial class TypeSizeTests
{
    private const int Ceiling = 600;
    private const int CeilingOfSession = 250;

    [Fact]
    public void PartialTypes_FilesTogether_StayUnderTheCeiling()
    {
        var large = Repository.Files("*.cs")
            .Select(file => (File: Repository.Relative(file), Text: File.ReadAllText(file)))
            .Where(file => !file.File.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(file => PartialType().Matches(file.Text).Select(match => (Project: Project(file.File), Type: match.Groups["name"].Value, file.File, Lines: file.Text.Count(c => c == '\n'))).Distinct())
            .GroupBy(file => (file.Project, file.Type))
            .Where(type => type.Sum(file => file.Lines) > Ceiling)
            .Select(type => type.Key.Type)
            .Order(StringComparer.Ordinal);

        Assert.Empty(large);
    }

    /// <summary>What a meeting can do is in its features. The session only passes joins, messages, events and ticks on to them.</summary>
    [Fact]
    public void MeetingSession_InOneFile_StaysSmall()
    {
        var files = Repository.Files("*.cs").Where(file => SessionType().IsMatch(File.ReadAllText(file))).ToList();

        var file = Assert.Single(files);
        Assert.EndsWith("/Hub/MeetingSession.cs", file, StringComparison.Ordinal);
        Assert.InRange(File.ReadLines(file).Count(), 1, CeilingOfSession - 1);
    }

    private static string Project(string file) => string.Join('/', file.Split('/').Take(2));

    [GeneratedRegex(@"(?m)^(?:public |internal |sealed |static |abstract |readonly )*partial (?:class|record|record struct|struct|interface) (?<name>\w+)")]
    private static partial Regex PartialType();

    [GeneratedRegex(@"(?m)^[a-z ]*\bclass MeetingSession\b")]
    private static partial Regex SessionType();
}
