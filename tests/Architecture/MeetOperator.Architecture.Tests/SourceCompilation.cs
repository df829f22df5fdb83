using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>
/// Compiles the projects of the repository in memory, so that tests can ask what a name refers to. Packages and generated code are missing; names from there stay
/// unresolved, which does not matter for references between files of one project. Safe for use by several threads.
/// </summary>
internal sealed class SourceCompilation
{
    /// <summary>Shared by all tests, because resolving every name in the repository takes many seconds.</summary>
    public static readonly SourceCompilation Shared = new();

    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; "
        + "global using System.Threading; global using System.Threading.Tasks;";

    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CSharpCompilation> _compiled = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<(SyntaxTree Tree, INamedTypeSymbol Type)>> _used = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<MetadataReference> _platform =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(file) is "mscorlib.dll" or "netstandard.dll")
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    public CSharpCompilation Of(string project)
    {
        lock (_gate)
        {
            return Compile(project);
        }
    }

    /// <summary>The types that a project uses, directly or through a member, each with the file that uses it.</summary>
    public IReadOnlyList<(SyntaxTree Tree, INamedTypeSymbol Type)> UsesOf(string project)
    {
        lock (_gate)
        {
            return _used.TryGetValue(project, out var uses) ? uses : _used[project] = [.. ReadUses(Compile(project))];
        }
    }

    private static IEnumerable<(SyntaxTree Tree, INamedTypeSymbol Type)> ReadUses(CSharpCompilation compilation)
    {
        foreach (var tree in compilation.SyntaxTrees.Where(tree => tree.FilePath.Length > 0))
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                var info = model.GetSymbolInfo(name);
                foreach (var symbol in info.Symbol is { } found ? [found] : info.CandidateSymbols)
                {
                    if ((symbol as INamedTypeSymbol ?? symbol.ContainingType) is { } type)
                    {
                        yield return (tree, type);
                    }
                }
            }
        }
    }

    private CSharpCompilation Compile(string project)
    {
        if (!_compiled.TryGetValue(project, out var compilation))
        {
            var folder = Repository.Projects[project].Folder;
            var trees = Repository.Files("*.cs").Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal)).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Parse, file));
            var friends = string.Concat(Repository.Projects.Keys.Select(name => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{name}\")]"));
            compilation = _compiled[project] = CSharpCompilation.Create(
                project,
                [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings + friends, Parse)],
                [.. _platform, .. Repository.TransitiveReferences(project).Select(name => Compile(name).ToMetadataReference())],
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        }

        return compilation;
    }
}
