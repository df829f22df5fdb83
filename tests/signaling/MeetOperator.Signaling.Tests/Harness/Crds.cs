namespace MeetOperator.Signaling.Tests.Harness;

/// <summary>Reads the generated CRDs of the repository.</summary>
internal static class Crds
{
    public static string[] All { get; } = [.. Directory.EnumerateFiles(Path.Combine(Repository, "crds"), "*.yaml").Select(File.ReadAllText)];

    public static string Repository
    {
        get
        {
            for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "MeetOperator.sln")))
                {
                    return folder.FullName;
                }
            }

            throw new InvalidOperationException("MeetOperator.sln was not found in any parent folder of the test assembly.");
        }
    }
}
