using System.Text.Json.Nodes;
using MeetOperator.Kube.CodeGen.Crds;
using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;
using MeetOperator.Kube.Testing;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.CodeGen;

public sealed class CrdGeneratorTests
{
    [Theory]
    [InlineData(typeof(Everything), "everything")]
    [InlineData(typeof(Least), "least")]
    public void Generate_Entity_MatchesGoldenFile(Type type, string name) =>
        GoldenFile.Matches($"crdgen/{name}/expected.yaml", YamlWriter.Write(CrdGenerator.Generate(type)));

    [Fact]
    public void Generate_Twice_ReturnsTheSameText() =>
        Assert.Equal(YamlWriter.Write(CrdGenerator.Generate(typeof(Everything))), YamlWriter.Write(CrdGenerator.Generate(typeof(Everything))));

    [Theory]
    [InlineData(typeof(Everything))]
    [InlineData(typeof(Least))]
    public async Task Generate_Entity_IsAcceptedByApiServer(Type type)
    {
        await using var server = await TestApiServer.StartAsync(YamlWriter.Write(CrdGenerator.Generate(type)));
        var groups = JsonNode.Parse(await server.Client.GetRawAsync("apis/golden.example.io/v1alpha1".Replace("v1alpha1", KubernetesEntityAttribute.Of(type).Version, StringComparison.Ordinal), default))!;
        Assert.Contains(groups["resources"]!.AsArray(), resource => resource!["kind"]!.GetValue<string>() == type.Name);
    }

    [Theory]
    [InlineData(typeof(Broken.Recursive), "Recursive.spec.child.child: NodeSpec contains itself (NodeSpec → NodeSpec)")]
    [InlineData(typeof(Broken.Duration), "Duration.spec.wait: TimeSpan is not supported")]
    [InlineData(typeof(Broken.BadDefault), "BadDefault.spec.mode: [Default] is not a JSON literal: Auto. A string needs its own quotes")]
    [InlineData(typeof(Broken.WrongDefault), "WrongDefault.spec.count: [Default] \"x\" does not match the type or enum of the field")]
    [InlineData(typeof(Broken.OptionalKey), "OptionalKey.spec.items: the list-map key \"name\" must be required or have a default")]
    [InlineData(typeof(Broken.MissingKey), "MissingKey.spec.items: [ListMapKey] names \"id\", which is not a field of the items")]
    [InlineData(typeof(Broken.RangeOnText), "RangeOnText.spec.title: [Range] applies only to numbers")]
    [InlineData(typeof(Broken.IntKeys), "IntKeys.spec.byNumber: map keys must be strings, not Int32")]
    [InlineData(typeof(Broken.BadColumn), "BadColumn: printer column Age needs a type")]
    [InlineData(typeof(Core.Pod), "Pod: a custom resource needs a Group")]
    public void Generate_UnsupportedType_ErrorNamesFieldAndFix(Type type, string expected) =>
        Assert.StartsWith(expected, Assert.Throws<CodeGenException>(() => CrdGenerator.Generate(type)).Message);

    [Fact]
    public void FindEntities_TwoTypesOfOneResource_Throws()
    {
        var error = Assert.Throws<CodeGenException>(() => CrdGenerator.FindEntities([typeof(Least), typeof(Broken.AlsoLeast)]));
        Assert.Contains("AlsoLeast and Least both define leasts.golden.example.io", error.Message);
    }

    [Fact]
    public void FindEntities_MixedTypes_ReturnsEntitiesWithGroupByName() =>
        Assert.Equal([typeof(Everything), typeof(Least)], CrdGenerator.FindEntities([typeof(string), typeof(Least), typeof(Core.Pod), typeof(Everything), typeof(CustomResource<,>)]));
}
