namespace MeetOperator.Local.Tests;

/// <summary>Finds repository files from the test's output directory.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string File(string path) => Path.Combine(Root, path);

    private static string Find(string folder) =>
        System.IO.File.Exists(Path.Combine(folder, "MeetOperator.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
