using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MeetOperator.Architecture.Tests;

/// <summary>
/// Compiles the projects of the repository in memory, so that tests can ask what a name refers to. Packages and generated code are missing; names from there stay
/// unresolved, which does not matter for references between files of one project.
/// </summary>
internal sealed class SourceCompilation
{
    private const string ImplicitUsings =
        "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; "
        + "global using System.Threading; global using System.Threading.Tasks;";

    private static readonly CSharpParseOptions Parse = new(LanguageVersion.Latest);
    private readonly Dictionary<string, CSharpCompilation> _compiled = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<MetadataReference> _platform =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(file) is "mscorlib.dll" or "netstandard.dll")
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    public CSharpCompilation Of(string project)
    {
        if (!_compiled.TryGetValue(project, out var compilation))
        {
            var folder = Repository.Projects[project].Folder;
            var trees = Repository.Files("*.cs").Where(file => file.StartsWith(folder + "/", StringComparison.Ordinal)).Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), Parse, file));
            var friends = string.Concat(Repository.Projects.Keys.Select(name => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{name}\")]"));
            compilation = _compiled[project] = CSharpCompilation.Create(
                project,
                [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings + friends, Parse)],
                [.. _platform, .. Repository.TransitiveReferences(project).Select(name => Of(name).ToMetadataReference())],
                new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        }

        return compilation;
    }
}
