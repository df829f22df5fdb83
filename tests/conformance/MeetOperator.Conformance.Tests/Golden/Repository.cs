using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Conformance.Tests.Golden;

/// <summary>The files of the repository that these tests read.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Cases { get; } = Path.Combine(Root, "tests", "golden", "crds");

    /// <summary>The CustomResourceDefinitions of the product.</summary>
    public static IReadOnlyList<JsonObject> Crds { get; } =
        [.. Directory.GetFiles(Path.Combine(Root, "crds"), "*.yaml").Order(StringComparer.Ordinal).Select(file => YamlToJson.Object(File.ReadAllText(file)))];

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
