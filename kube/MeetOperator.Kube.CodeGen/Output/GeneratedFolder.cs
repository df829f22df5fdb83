namespace MeetOperator.Kube.CodeGen.Output;

/// <summary>
/// Writes generated files or compares them. Files with <see cref="Header"/> that are no longer generated are stale: they are deleted or reported.
/// Other files in the folder are ignored.
/// </summary>
internal static class GeneratedFolder
{
    public const string Header = "# Generated from the types by MeetOperator.Kube.CodeGen. Do not edit.\n";

    /// <summary>Brings the folder up to date. Returns the paths of the files that were written or deleted, in the order of their names.</summary>
    public static IReadOnlyList<string> Write(string folder, IReadOnlyDictionary<string, string> files)
    {
        Directory.CreateDirectory(folder);
        var changed = new List<string>();
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || File.ReadAllText(path) != content)
            {
                File.WriteAllText(path, content);
                changed.Add(path);
            }
        }

        foreach (var stale in FindStale(folder, files))
        {
            File.Delete(stale);
            changed.Add(stale);
        }

        return [.. changed.Order(StringComparer.Ordinal)];
    }

    /// <summary>The differences between the folder and the generated files; empty if there are none.</summary>
    public static string Compare(string folder, IReadOnlyDictionary<string, string> files)
    {
        var differences = new List<string>();
        foreach (var (name, content) in files.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, name);
            differences.Add(TextDiff.Create(path, File.Exists(path) ? File.ReadAllText(path) : string.Empty, content));
        }

        differences.AddRange(FindStale(folder, files).Select(path => TextDiff.Create(path, File.ReadAllText(path), string.Empty)));
        return string.Concat(differences);
    }

    private static IEnumerable<string> FindStale(string folder, IReadOnlyDictionary<string, string> files) =>
        !Directory.Exists(folder)
            ? []
            : Directory.GetFiles(folder, "*.yaml")
                .Where(path => !files.ContainsKey(Path.GetFileName(path)) && File.ReadAllText(path).StartsWith(Header, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal);
}
