namespace MeetOperator.Testing;

/// <summary>The files of the repository that tests read.</summary>
public static class Repository
{
    /// <summary>The folder that contains MeetOperator.sln. Searched above the test assembly, because deterministic builds do not record source paths.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The texts of our CustomResourceDefinitions, in the order of their file names.</summary>
    public static IReadOnlyList<string> CrdTexts => field ??= [.. Directory.GetFiles(PathOf("crds"), "*.yaml").Order(StringComparer.Ordinal).Select(File.ReadAllText)];

    /// <summary>A path below the root.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A path below tests/golden.</summary>
    public static string Golden(params string[] parts) => PathOf(["tests", "golden", .. parts]);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MeetOperator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"MeetOperator.sln was not found above {AppContext.BaseDirectory}.");
    }
}
