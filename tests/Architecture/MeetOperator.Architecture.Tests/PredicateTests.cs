using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>
/// A member whose name asks a question answers it and changes nothing. Otherwise a reader would have to look into each condition. Changes through a local variable, or
/// inside a method that the member calls, are not found.
/// </summary>
public sealed partial class PredicateTests
{
    /// <summary>Methods of collections that change them.</summary>
    private static readonly HashSet<string> Mutators =
        ["Add", "AddRange", "TryAdd", "GetOrAdd", "AddOrUpdate", "Remove", "RemoveAll", "RemoveAt", "TryRemove", "Clear", "Enqueue", "Dequeue", "TryDequeue", "Push", "Pop", "TryPop", "Insert"];

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

    [Theory]
    [InlineData("bool IsNew() { _count = 1; return true; }")]
    [InlineData("bool IsNew => _count++ > 0;")]
    [InlineData("bool IsNew { get { Number += 2; return true; } }")]
    [InlineData("bool HasNext() { (_count, Number) = (1, 2); return true; }")]
    [InlineData("bool HasNext() { _items[0] = 1; return true; }")]
    [InlineData("bool HasNext() { _map[\"a\"] = 1; return true; }")]
    [InlineData("bool Accepts() => _set.Add(1);")]
    [InlineData("bool Exists() => this._map.Remove(\"a\");")]
    [InlineData("bool Holds() => Interlocked.Increment(ref _count) > 1;")]
    [InlineData("bool Holds() => int.TryParse(\"1\", out _count);")]
    [InlineData("bool? IsNew() { _count = 1; return null; }")]
    [InlineData("Task<bool> IsNew() { _count = 1; return Task.FromResult(true); }")]
    [InlineData("async ValueTask<bool> IsNew() { await Task.Yield(); _count = 1; return true; }")]
    [InlineData("bool IAsk.IsAsked() { _count = 1; return true; }")]
    public void FindChangingPredicates_Change_IsFound(string member) => Assert.Single(FindIn(member));

    [Theory]
    [InlineData("bool TryTake() { _count = 1; return true; }")]
    [InlineData("int Is() { _count = 1; return 1; }")]
    [InlineData("bool IsNew() { var seen = new HashSet<int>(); return seen.Add(1); }")]
    [InlineData("bool IsNew() { var i = 0; i++; return i > _count && _set.Contains(i); }")]
    [InlineData("bool IsNew { get => _count > 0; set => _count = 1; }")]
    [InlineData("bool IsNew() => int.TryParse(\"1\", out var number) && number > 0;")]
    public void FindChangingPredicates_NoChange_IsNotFound(string member) => Assert.Empty(FindIn(member));

    private static IEnumerable<string> FindIn(string member)
    {
        var tree = CSharpSyntaxTree.ParseText(
            "using System.Collections.Generic; using System.Threading; using System.Threading.Tasks; interface IAsk { bool IsAsked(); }"
            + " class Sample { int _count; int Number { get; set; } int[] _items = []; HashSet<int> _set = []; Dictionary<string, int> _map = []; " + member + " }",
            path: Path.Combine(Repository.Root, "Sample.cs"));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is "System.Private.CoreLib.dll" or "System.Runtime.dll" or "System.Collections.dll" or "System.Threading.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        return FindChangingPredicates(CSharpCompilation.Create("Sample", [tree], references).GetSemanticModel(tree));
    }

    private static IEnumerable<string> FindChangingPredicates(SemanticModel model) =>
        from member in model.SyntaxTree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where member is MethodDeclarationSyntax or PropertyDeclarationSyntax
        let symbol = model.GetDeclaredSymbol(member)!
        where IsBoolean(TypeOf(symbol)) && Question().IsMatch(symbol.Name.Split('.')[^1])
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

    /// <summary>Whether a type is bool, bool?, or a task of bool.</summary>
    private static bool IsBoolean(ITypeSymbol type) => type.SpecialType == SpecialType.System_Boolean
        || (type is INamedTypeSymbol { Name: "Nullable" or "Task" or "ValueTask", TypeArguments: [var inner] } && inner.SpecialType == SpecialType.System_Boolean);

    /// <summary>Whether a node changes a field or a property. Changes of variables, of what they refer to, and in object initializers are not seen by others.</summary>
    private static bool IsChange(SemanticModel model, SyntaxNode node) => TargetsOf(model, node).Any(target =>
        model.GetSymbolInfo(RootOf(target)).Symbol is IFieldSymbol or IPropertySymbol);

    private static IEnumerable<ExpressionSyntax> TargetsOf(SemanticModel model, SyntaxNode node) => node switch
    {
        AssignmentExpressionSyntax { Parent: not InitializerExpressionSyntax, Left: TupleExpressionSyntax tuple } => tuple.Arguments.Select(argument => argument.Expression),
        AssignmentExpressionSyntax { Parent: not InitializerExpressionSyntax } assignment => [assignment.Left],
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PreIncrementExpression or (int)SyntaxKind.PreDecrementExpression } step => [step.Operand],
        PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.PostIncrementExpression or (int)SyntaxKind.PostDecrementExpression } step => [step.Operand],
        ArgumentSyntax { RefKindKeyword.RawKind: (int)SyntaxKind.RefKeyword or (int)SyntaxKind.OutKeyword } argument when !IsRead(argument) => [argument.Expression],
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access }
            when Mutators.Contains(access.Name.Identifier.Text) && model.GetSymbolInfo(access).Symbol is IMethodSymbol { ContainingNamespace: var space }
                && space.ToDisplayString().StartsWith("System.Collections", StringComparison.Ordinal) => [access.Expression],
        _ => [],
    };

    /// <summary>Whether a ref argument is only read, which some methods require for large or shared values.</summary>
    private static bool IsRead(ArgumentSyntax argument) => argument.Parent?.Parent is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Expression: var type, Name.Identifier.Text: "Read" } }
        && type.ToString() is "Volatile" or "Interlocked";

    /// <summary>The first part of a path of members and elements, without <c>this</c>.</summary>
    private static ExpressionSyntax RootOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax } access => access.Name,
        MemberAccessExpressionSyntax access => RootOf(access.Expression),
        ElementAccessExpressionSyntax element => RootOf(element.Expression),
        _ => expression,
    };

    [GeneratedRegex("^(Is|Has|Can|Are|Was|Have|Needs|Should|Must|Requires|Contains|Matches|Allows|Accepts|Exists|Holds)([A-Z]|$)")]
    private static partial Regex Question();
}
