using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>No type grows over the ceiling of a file by being spread over several: the files of a partial type count together.</summary>
public sealed partial class TypeSizeTests
{
    private const int Ceiling = 600;

    /// <summary>Types that are still to be split. An entry that is no longer needed fails the test.</summary>
    private static readonly string[] StillTooLarge = ["MeetingSession"];

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

        Assert.Equal(StillTooLarge, large);
    }

    private static string Project(string file) => string.Join('/', file.Split('/').Take(2));

    [GeneratedRegex(@"(?m)^(?:public |internal |sealed |static |abstract |readonly )*partial (?:class|record|record struct|struct|interface) (?<name>\w+)")]
    private static partial Regex PartialType();
}
