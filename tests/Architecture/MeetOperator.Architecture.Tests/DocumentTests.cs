using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>Documents describe what exists: linked files, and types, tests and files that they name in backticks.</summary>
public sealed partial class DocumentTests
{
    /// <summary>Names that documents may use although no source contains them.</summary>
    private static readonly Dictionary<string, string> Exceptions = new(StringComparer.Ordinal)
    {
        ["Method_Condition_Result"] = "the pattern of test names in CONTRIBUTING.md",
        ["web/app/dist"] = "written by the build of the page",
    };

    public static TheoryData<string> Documents => [.. Repository.Files("*.md").Select(Repository.Relative)];

    public static TheoryData<string> DesignNotes => [.. DocumentsOfToday.Where(document => document.StartsWith("docs/design/", StringComparison.Ordinal))];

    public static TheoryData<string> PresentDocuments => [.. DocumentsOfToday];

    /// <summary>Without the changelog, which is history: what it names may be gone.</summary>
    private static IEnumerable<string> DocumentsOfToday => Repository.Files("*.md").Select(Repository.Relative).Where(document => document != "CHANGELOG.md");

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_ToFiles_Resolve(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var dead = Link().Matches(Read(document))
            .Select(m => m.Groups[1].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(dead);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_ToHeadings_Resolve(string document)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        var dead = Link().Matches(Read(document))
            .Select(m => m.Groups[1].Value)
            .Where(target => target.Contains('#', StringComparison.Ordinal) && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => target.Split('#') is not [var file, var anchor]
                || !Anchors(file.Length == 0 ? document : Repository.Relative(Path.GetFullPath(Path.Combine(folder, file)))).Contains(anchor));
        Assert.Empty(dead);
    }

    [Theory]
    [MemberData(nameof(PresentDocuments))]
    public void Names_InBackticks_Exist(string document)
    {
        var missing = CodeSpan().Matches(WithoutBlocks(Read(document)))
            .Select(m => m.Groups[1].Value)
            .Where(span => !Exceptions.ContainsKey(span.TrimEnd('/')))
            .Where(span => SourceNames.IsPath(span) ? !SourceNames.HasPath(span) : Identifier().IsMatch(span) && !SourceNames.HasEveryWord(span));
        Assert.Empty(missing);
    }

    [Fact]
    public void Names_InExceptions_AreStillNeeded()
    {
        var documents = DocumentsOfToday.Select(Read).ToArray();
        Assert.Empty(Exceptions.Keys.Where(name => !documents.Any(text => text.Contains($"`{name}", StringComparison.Ordinal))));
    }

    [Fact]
    public void Features_TestNames_Exist()
    {
        var sources = string.Concat(Repository.Files("*.cs").Concat(Repository.Files("*.mjs")).Concat(Repository.Files("*.ts"))
            .Where(f => Repository.Relative(f).StartsWith("tests/", StringComparison.Ordinal) || f.Contains(".test.", StringComparison.Ordinal))
            .Select(f => Path.GetFileName(f) + "\n" + File.ReadAllText(f)));
        var missing = TestName().Matches(Read("docs/features.md"))
            .Select(m => m.Groups[1].Value)
            .Where(name => !sources.Contains(name, StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(DesignNotes))]
    public void DesignNote_OfEveryDecision_HasTheSectionsOfTheTemplate(string note) => Assert.Equal(Sections("docs/design/template.md"), Sections(note));

    [Theory]
    [MemberData(nameof(DesignNotes))]
    public void DesignNote_OfEveryDecision_HasTextInEachSection(string note)
    {
        var parts = Section().Split(Read(note));

        // The text before the first section, then the name and the text of each.
        Assert.All(Enumerable.Range(0, (parts.Length - 1) / 2), i => Assert.True(parts[(i * 2) + 2].Trim().Length >= 20, $"{note}: section '{parts[(i * 2) + 1]}' has no text"));
    }

    private static string[] Sections(string note) => [.. Section().Matches(Read(note)).Select(m => m.Groups[1].Value)];

    private static string Read(string document) => File.ReadAllText(Path.Combine(Repository.Root, document));

    private static string WithoutBlocks(string markdown) => Block().Replace(markdown, string.Empty);

    /// <summary>Headings as GitHub turns them into anchors: lower case, without punctuation, spaces as hyphens.</summary>
    private static HashSet<string> Anchors(string document) =>
        [.. Heading().Matches(WithoutBlocks(Read(document)))
            .Select(m => Punctuation().Replace(m.Groups[1].Value.Trim().ToLowerInvariant(), string.Empty).Replace(' ', '-'))];

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:\w+Tests(?:\.\w+)?)|(?:[\w-]+\.test\.(?:ts|mjs)))`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex(@"^[A-Z]\w*(\.[A-Za-z]\w*)*(\(\))?$")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^#{1,6} (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\*\*([A-Z][\w -]*)\.\*\*", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
