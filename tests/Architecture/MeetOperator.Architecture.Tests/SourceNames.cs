using System.Text.RegularExpressions;

namespace MeetOperator.Architecture.Tests;

/// <summary>What documents may name: every word of the sources (without C# comments), every file, every folder.</summary>
internal static partial class SourceNames
{
    private static readonly string[] SourceEndings = [".cs", ".ts", ".tsx", ".mjs", ".sh", ".yaml", ".tpl", ".json", ".sql", ".c", ".py", ".props", ".csproj"];

    private static readonly Lazy<(HashSet<string> Words, HashSet<string> Paths)> Known = new(Build);

    /// <summary>True for a file name, and for a path below a top folder of the repository. False for URLs and for what exists at run time only (<c>.meet/api</c>).</summary>
    public static bool IsPath(string span) =>
        PathText().IsMatch(span) && span[0] is not ('/' or '.')
        && (FileEnding().IsMatch(span) || (span.Contains('/', StringComparison.Ordinal) && Path.Exists(Path.Combine(Repository.Root, span.Split('/')[0]))));

    /// <summary>True when a file or folder has this path, or ends with it. Project names may be shortened: <c>Data/Failures.cs</c>.</summary>
    public static bool HasPath(string span)
    {
        var path = span.TrimEnd('/');
        return Known.Value.Paths.Contains(path)
            || Known.Value.Paths.Any(file => file.EndsWith(path, StringComparison.Ordinal) && file[^(path.Length + 1)] is '/' or '.');
    }

    /// <summary>True when every word of a dotted name occurs in the sources. Words in capitals are checked only if they are our environment variables.</summary>
    public static bool HasEveryWord(string name) =>
        Word().Matches(name).Select(m => m.Value).Where(word => word.Any(char.IsLower) || word.StartsWith("MEET_", StringComparison.Ordinal)).All(Known.Value.Words.Contains);

    private static (HashSet<string> Words, HashSet<string> Paths) Build()
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Repository.Files("*"))
        {
            for (var path = Repository.Relative(file); !string.IsNullOrEmpty(path); path = Path.GetDirectoryName(path))
            {
                paths.Add(path);
            }

            // Example: `UpTrack.cs` declares `UpTrack`, and a test suite is named after its file.
            words.Add(Path.GetFileNameWithoutExtension(file));
            if (!SourceEndings.Contains(Path.GetExtension(file), StringComparer.Ordinal) || Path.GetFileName(file) is "package-lock.json" or "packages.lock.json")
            {
                continue;
            }

            var text = File.ReadAllText(file);
            words.UnionWith(Word().Matches(file.EndsWith(".cs", StringComparison.Ordinal) ? Comment().Replace(text, string.Empty) : text).Select(m => m.Value));
        }

        return (words, paths);
    }

    [GeneratedRegex(@"^[\w.@/-]+$")]
    private static partial Regex PathText();

    [GeneratedRegex(@"\.(cs|mjs|ts|tsx|md|yaml|yml|sh|json|props|txt|c|py|sql|csproj|slnf|sln|css)$")]
    private static partial Regex FileEnding();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();
}
