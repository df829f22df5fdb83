using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>A member whose name asks a question answers it and changes nothing. Otherwise a reader would have to look into each condition.</summary>
public sealed partial class PredicateTests
{
    [Fact]
    public void Predicates_InAllProjects_AssignNothing()
    {
        var changing = Repository.Projects.Values.Where(project => !project.IsTest)
            .Select(project => SourceCompilation.Shared.Of(project.Name))
            .SelectMany(compilation => compilation.SyntaxTrees.SelectMany(tree => FindChangingPredicates(compilation.GetSemanticModel(tree))))
            .Order(StringComparer.Ordinal)
            .ToArray();

        Assert.True(changing.Length == 0, string.Join('\n', changing));
    }

    private static IEnumerable<string> FindChangingPredicates(SemanticModel model) =>
        from member in model.SyntaxTree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where member is MethodDeclarationSyntax or PropertyDeclarationSyntax
        let symbol = model.GetDeclaredSymbol(member)!
        where TypeOf(symbol).SpecialType == SpecialType.System_Boolean && Question().IsMatch(symbol.Name)
        let change = BodiesOf(member).SelectMany(body => body.DescendantNodesAndSelf()).FirstOrDefault(node => IsChange(model, node))
        where change is not null
        select $"{Repository.Relative(model.SyntaxTree.FilePath)}: {symbol.ContainingType.Name}.{symbol.Name} contains '{change}'. Name it after what it does, or move the change out.";

    private static ITypeSymbol TypeOf(ISymbol member) => member is IMethodSymbol method ? method.ReturnType : ((IPropertySymbol)member).Type;

    private static IEnumerable<SyntaxNode> BodiesOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => [method],
        PropertyDeclarationSyntax { ExpressionBody: { } expression } => [expression],
        PropertyDeclarationSyntax property => property.AccessorList!.Accessors.Where(accessor => accessor.IsKind(SyntaxKind.GetAccessorDeclaration)),
        _ => [],
    };

    /// <summary>Whether a node assigns to a field or a property. Assignments to variables, their members and in object initializers change nothing that others see.</summary>
    private static bool IsChange(SemanticModel model, SyntaxNode node)
    {
        var target = node switch
        {
            AssignmentExpressionSyntax { Parent: not InitializerExpressionSyntax } assignment => assignment.Left,
            PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PreIncrementExpression or (int)SyntaxKind.PreDecrementExpression } step => step.Operand,
            PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression or (int)SyntaxKind.PostDecrementExpression } step => step.Operand,
            _ => null,
        };
        IEnumerable<ExpressionSyntax> targets = target switch
        {
            null => [],
            TupleExpressionSyntax tuple => tuple.Arguments.Select(argument => argument.Expression),
            _ => [target],
        };
        return targets.Any(changed => model.GetSymbolInfo(changed).Symbol is IFieldSymbol or IPropertySymbol && model.GetSymbolInfo(RootOf(changed)).Symbol is not ILocalSymbol);
    }

    private static ExpressionSyntax RootOf(ExpressionSyntax expression) => expression is MemberAccessExpressionSyntax access ? RootOf(access.Expression) : expression;

    [GeneratedRegex("^(Is|Has|Can|Are|Was|Have|Needs|Should|Must|Requires|Contains|Matches|Allows)([A-Z]|$)")]
    private static partial Regex Question();
}
