using System.Xml.Linq;

namespace MeetOperator.Architecture.Tests;

/// <summary>The source tree of the repository that contains the tests: projects, their references, and files. Build output is left out.</summary>
internal static class Repository
{
    private static readonly string[] SkippedFolders = ["bin", "obj", "node_modules", "dist", ".git", ".meet", "build", "TestResults"];

    public static string Root => Testing.Repository.Root;

    public static IReadOnlyDictionary<string, Project> Projects { get; } = Files("*.csproj")
        .Select(Project.Load)
        .ToDictionary(p => p.Name, StringComparer.Ordinal);

    public static IEnumerable<string> Files(string pattern) => Walk(Root, pattern);

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    /// <summary>Every project that <paramref name="project"/> references, directly or transitively.</summary>
    public static IReadOnlySet<string> TransitiveReferences(string project)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(Projects[project].References);
        while (open.TryPop(out var next))
        {
            if (seen.Add(next))
            {
                foreach (var reference in Projects[next].References)
                {
                    open.Push(reference);
                }
            }
        }

        return seen;
    }

    private static IEnumerable<string> Walk(string folder, string pattern)
    {
        foreach (var file in Directory.EnumerateFiles(folder, pattern))
        {
            yield return file;
        }

        foreach (var child in Directory.EnumerateDirectories(folder))
        {
            if (SkippedFolders.Contains(Path.GetFileName(child), StringComparer.Ordinal))
            {
                continue;
            }

            foreach (var file in Walk(child, pattern))
            {
                yield return file;
            }
        }
    }
}

internal sealed record Project(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages)
{
    public bool IsTest => Repository.Relative(Folder).StartsWith("tests/", StringComparison.Ordinal);

    public static Project Load(string path)
    {
        var xml = XDocument.Load(path);
        return new Project(
            Path.GetFileNameWithoutExtension(path),
            Path.GetDirectoryName(path)!,
            [.. Includes(xml, "ProjectReference").Select(i => Path.GetFileNameWithoutExtension(i.Replace('\\', '/')))],
            [.. Includes(xml, "PackageReference")]);
    }

    private static IEnumerable<string> Includes(XDocument xml, string element) =>
        xml.Descendants(element).Select(e => (string?)e.Attribute("Include")).OfType<string>();
}
