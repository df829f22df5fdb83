using Microsoft.CodeAnalysis;

namespace MeetOperator.Architecture.Tests;

/// <summary>Which folder of a project uses types of which other folder, and through which file.</summary>
internal sealed class FolderGraph
{
    private readonly SortedDictionary<string, SortedDictionary<string, string>> _uses = new(StringComparer.Ordinal);

    /// <param name="typesUsed">The uses of types in the project (<see cref="SourceCompilation.UsesOf"/>).</param>
    /// <param name="projectFolder">The folder of the project.</param>
    public FolderGraph(IEnumerable<(SyntaxTree Tree, INamedTypeSymbol Type)> typesUsed, string projectFolder)
    {
        string FolderOf(string file) => Path.GetRelativePath(projectFolder, Path.GetDirectoryName(file)!);
        foreach (var (tree, type) in typesUsed)
        {
            var from = FolderOf(tree.FilePath);

            // A partial type belongs to the folders of all its files.
            foreach (var to in type.OriginalDefinition.DeclaringSyntaxReferences.Select(part => part.SyntaxTree.FilePath)
                .Where(file => file.StartsWith(projectFolder + "/", StringComparison.Ordinal)).Select(FolderOf).Where(folder => folder != from))
            {
                (_uses.TryGetValue(from, out var uses) ? uses : _uses[from] = new(StringComparer.Ordinal)).TryAdd(to, $"{Path.GetFileName(tree.FilePath)} uses {type.Name}");
            }
        }
    }

    /// <summary>Each circle as its folders, in order, and one use for each arrow between them.</summary>
    public IReadOnlyList<(string Folders, IReadOnlyList<string> Uses)> Circles()
    {
        var reachable = _uses.Keys.ToDictionary(folder => folder, Reachable, StringComparer.Ordinal);
        return
        [
            .. _uses.Keys.Where(folder => reachable[folder].Contains(folder))
                .GroupBy(folder => string.Join(", ", _uses.Keys.Where(other => reachable[folder].Contains(other) && reachable[other].Contains(folder))))
                .Select(circle => (circle.Key, (IReadOnlyList<string>)[.. circle.SelectMany(from => _uses[from].Where(use => circle.Contains(use.Key)).Select(use => $"{from} -> {use.Key}: {use.Value}"))])),
        ];
    }

    private HashSet<string> Reachable(string folder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([folder]);
        while (open.TryPop(out var next))
        {
            foreach (var use in _uses.TryGetValue(next, out var uses) ? uses.Keys : (IEnumerable<string>)[])
            {
                if (seen.Add(use))
                {
                    open.Push(use);
                }
            }
        }

        return seen;
    }
}
