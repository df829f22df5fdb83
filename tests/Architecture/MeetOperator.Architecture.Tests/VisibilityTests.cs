using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>A type is public only if another project uses it. An internal type can change without affecting other projects.</summary>
public sealed class VisibilityTests
{
    [Fact]
    public void Types_UsedInTheirOwnProjectOnly_AreInternal()
    {
        var sources = SourceCompilation.Shared;
        var needed = new NeededTypes(sources);
        var hidden = Repository.Projects.Values.Where(project => !project.IsTest)
            .SelectMany(project => PublicTypes(sources, project).Where(type => !needed.Contains(type)))
            .Select(type => $"{Repository.Relative(type.DeclaringSyntaxReferences[0].SyntaxTree.FilePath)}: {type.Name} is used in its own project only; make it internal.")
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.True(hidden.Length == 0, string.Join('\n', hidden));
    }

    private static IEnumerable<INamedTypeSymbol> PublicTypes(SourceCompilation sources, Project project)
    {
        var compilation = sources.Of(project.Name);
        return compilation.SyntaxTrees
            .SelectMany(tree => tree.GetRoot().DescendantNodes()
                .Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
                .Select(node => compilation.GetSemanticModel(tree).GetDeclaredSymbol(node)))
            .OfType<INamedTypeSymbol>()
            .Where(IsVisible);
    }

    /// <summary>Whether other projects can see the type, which a public type in an internal one cannot be.</summary>
    private static bool IsVisible(INamedTypeSymbol type) => type.DeclaredAccessibility == Accessibility.Public && (type.ContainingType is null || IsVisible(type.ContainingType));
}
