namespace MeetOperator.Operator.Tests.Harness;

/// <summary>Paths of repository files that tests read.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string[] Crds() => [.. Directory.GetFiles(Path.Combine(Root, "crds"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    public static string Golden(params string[] path) => Path.Combine([Root, "tests", "golden", .. path]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MeetOperator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must run below the repository.");
        }

        return folder.FullName;
    }
}
