using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace MeetOperator.Architecture.Tests;

/// <summary>
/// SDP is read and written on the threads of requests. What these threads and a loop pass to each other is a record that cannot be changed, so neither sees the other one at work. The sessions
/// and transports that such a record names belong to one of the threads, and are not examined.
/// </summary>
public sealed class HandoverTests
{
    private const string Project = "MeetOperator.MediaNode";

    [Fact]
    public void SdpExchange_PassesOn_ImmutableRecordsOnly()
    {
        var passed = FindPassed(SourceCompilation.Shared.Of(Project)).ToList();

        Assert.True(passed.Count >= 8, $"{passed.Count} types are passed on: a basis and a result for each of four requests");
        Assert.Empty(passed.SelectMany(FindMutable));
    }

    [Theory]
    [InlineData("public int Number { get; set; }")]
    [InlineData("public int Number;")]
    [InlineData("public List<int> Numbers { get; init; }")]
    [InlineData("public int[] Numbers { get; init; }")]
    [InlineData("public IReadOnlyList<Inner> Inners { get; init; }")]
    public void FindMutable_Change_IsFound(string member) => Assert.NotEmpty(FindIn(member));

    [Theory]
    [InlineData("public int Number { get; init; }")]
    [InlineData("public IReadOnlyList<string> Texts { get; init; }")]
    [InlineData("public (int Number, string Text)? Pair => null;")]
    public void FindMutable_NoChange_IsNotFound(string member) => Assert.Empty(FindIn(member));

    private static IEnumerable<string> FindIn(string member)
    {
        var tree = CSharpSyntaxTree.ParseText($"using System.Collections.Generic; record Inner {{ public int Number {{ get; set; }} }} record Sample {{ {member} }}");
        var compilation = CSharpCompilation.Create("Sample", [tree], [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)]);
        return FindMutable(compilation.GetTypeByMetadataName("Sample")!);
    }

    /// <summary>What requests get from a loop, and what they give to it: the first two type arguments of each call of <c>SdpExchange.RunAsync</c>.</summary>
    private static IEnumerable<ITypeSymbol> FindPassed(Compilation compilation) =>
        (from tree in compilation.SyntaxTrees
         where Path.GetFileName(tree.FilePath) == "SdpExchange.cs"
         let model = compilation.GetSemanticModel(tree)
         from call in tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
         let method = model.GetSymbolInfo(call).Symbol as IMethodSymbol
         where method is { Name: "RunAsync", ContainingType.Name: "SdpExchange" }
         from type in method.TypeArguments.Take(2)
         select type).Distinct<ITypeSymbol>(SymbolEqualityComparer.Default);

    /// <summary>The members of a record, and of the records in it, through which it can be changed.</summary>
    private static IEnumerable<string> FindMutable(ITypeSymbol type) => FindMutable(type, new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default));

    private static IEnumerable<string> FindMutable(ITypeSymbol type, HashSet<ITypeSymbol> seen)
    {
        if (!seen.Add(type))
        {
            return [];
        }

        var inner = type is INamedTypeSymbol named ? named.TypeArguments : [];
        var members = type.IsRecord ? type.GetMembers().Where(member => !member.IsStatic && !member.IsImplicitlyDeclared).ToList() : [];
        var types = members.OfType<IPropertySymbol>().Select(property => property.Type).Concat(members.OfType<IFieldSymbol>().Select(field => field.Type)).Concat(inner);
        return members.Where(IsMutable).Select(member => $"{type.Name}.{member.Name} can be changed").Concat(types.SelectMany(one => FindMutable(one, seen)));
    }

    private static bool IsMutable(ISymbol member) => member switch
    {
        IPropertySymbol property => property.SetMethod is { IsInitOnly: false } || IsMutableCollection(property.Type),
        IFieldSymbol field => !field.IsReadOnly || IsMutableCollection(field.Type),
        _ => false,
    };

    private static bool IsMutableCollection(ITypeSymbol type) =>
        type is IArrayTypeSymbol || (type.ContainingNamespace?.ToDisplayString() == "System.Collections.Generic" && !type.Name.StartsWith("IReadOnly", StringComparison.Ordinal) && type.Name != "IEnumerable");
}
