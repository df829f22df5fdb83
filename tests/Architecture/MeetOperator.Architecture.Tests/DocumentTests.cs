using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>Documents tell only what is there: files that they link exist, tests that they name exist.</summary>
public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents => [.. Repository.Files("*.md").Select(Repository.Relative)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_ToFiles_Resolve(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var dead = Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, document)))
            .Select(m => m.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(dead);
    }

    [Fact]
    public void Features_NameTestsThatExist()
    {
        var sources = string.Concat(Repository.Files("*.cs").Concat(Repository.Files("*.mjs")).Concat(Repository.Files("*.ts"))
            .Where(f => Repository.Relative(f).StartsWith("tests/", StringComparison.Ordinal) || f.Contains(".test.", StringComparison.Ordinal))
            .Select(f => Path.GetFileName(f) + "\n" + File.ReadAllText(f)));
        var missing = TestName().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/features.md")))
            .Select(m => m.Groups[1].Value)
            .Where(name => !sources.Contains(name, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:\w+Tests(?:\.\w+)?)|(?:[\w-]+\.test\.(?:ts|mjs)))`")]
    private static partial Regex TestName();
}
