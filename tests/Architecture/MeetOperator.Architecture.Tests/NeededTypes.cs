using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>
/// The types that have to be public: those that a project without access to internal types names, those in the signatures of public test methods, and those in the
/// signatures of all these types. A type is identified by its project and its name with namespace.
/// </summary>
internal sealed class NeededTypes
{
    private readonly HashSet<string> _needed = new(StringComparer.Ordinal);
    private readonly Stack<INamedTypeSymbol> _open = new();

    public NeededTypes(SourceCompilation sources)
    {
        foreach (var project in Repository.Projects.Values)
        {
            var compilation = sources.Of(project.Name);
            var foreign = Repository.TransitiveReferences(project.Name).Where(other => !FriendsOf(Repository.Projects[other]).Contains(project.Name)).ToHashSet(StringComparer.Ordinal);
            var used = foreign.Count == 0 ? [] : sources.UsesOf(project.Name).Select(use => use.Type).Distinct<INamedTypeSymbol>(SymbolEqualityComparer.Default);
            foreach (var type in used.Where(type => type.ContainingAssembly is { } assembly && foreign.Contains(assembly.Name)))
            {
                Add(type);
            }

            if (project.IsTest)
            {
                foreach (var declared in PublicTypes(compilation))
                {
                    AddSignature(declared);
                }
            }
        }

        while (_open.TryPop(out var type))
        {
            AddSignature(type);
        }
    }

    public bool Contains(INamedTypeSymbol type) => _needed.Contains(KeyOf(type));

    private static string KeyOf(INamedTypeSymbol type) => $"{type.ContainingAssembly?.Name}: {type.OriginalDefinition.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}";

    private static IEnumerable<INamedTypeSymbol> PublicTypes(CSharpCompilation compilation) => compilation.SyntaxTrees
        .Where(tree => tree.FilePath.Length > 0)
        .SelectMany(tree => tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>().Select(node => compilation.GetSemanticModel(tree).GetDeclaredSymbol(node)))
        .OfType<INamedTypeSymbol>()
        .Where(type => type.DeclaredAccessibility == Accessibility.Public);

    private void AddSignature(INamedTypeSymbol type)
    {
        Add(type.BaseType);
        Add(type.ContainingType);
        foreach (var implemented in type.Interfaces)
        {
            Add(implemented);
        }

        AddConstraints(type.TypeParameters);
        foreach (var member in type.GetMembers().Where(member => member.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal))
        {
            switch (member)
            {
                case IMethodSymbol method:
                    Add(method.ReturnType);
                    AddParameters(method.Parameters);
                    AddConstraints(method.TypeParameters);
                    break;
                case IPropertySymbol property:
                    Add(property.Type);
                    AddParameters(property.Parameters);
                    break;
                case IFieldSymbol field:
                    Add(field.Type);
                    break;
                case IEventSymbol @event:
                    Add(@event.Type);
                    break;
            }
        }

        if (type.DelegateInvokeMethod is { } invoke)
        {
            Add(invoke.ReturnType);
            AddParameters(invoke.Parameters);
        }
    }

    private void AddParameters(IEnumerable<IParameterSymbol> parameters)
    {
        foreach (var parameter in parameters)
        {
            Add(parameter.Type);
        }
    }

    private void AddConstraints(IEnumerable<ITypeParameterSymbol> parameters)
    {
        foreach (var constraint in parameters.SelectMany(parameter => parameter.ConstraintTypes))
        {
            Add(constraint);
        }
    }

    private void Add(ITypeSymbol? type)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                Add(array.ElementType);
                break;
            case IPointerTypeSymbol pointer:
                Add(pointer.PointedAtType);
                break;
            case INamedTypeSymbol named:
                foreach (var argument in named.TypeArguments)
                {
                    Add(argument);
                }

                if (_needed.Add(KeyOf(named)) && named.OriginalDefinition.DeclaringSyntaxReferences.Length > 0)
                {
                    _open.Push(named.OriginalDefinition);
                }

                break;
        }
    }

    /// <summary>The projects that may use internal types: the tests of the same name (Directory.Build.props), and those that the project file lists.</summary>
    private static HashSet<string> FriendsOf(Project project) =>
    [
        $"{project.Name}.Tests",
        .. XDocument.Load(Path.Combine(project.Folder, $"{project.Name}.csproj")).Descendants("InternalsVisibleTo").Select(friend => (string?)friend.Attribute("Include")).OfType<string>(),
    ];
}
