using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube;
using YamlDotNet.Serialization;

namespace MeetOperator.Placement.Tests;

/// <summary>One folder of <c>tests/golden/placement</c>.</summary>
internal sealed record GoldenCase(PlacementInput Input, DateTimeOffset Now, ExpectedDecision Expected)
{
    public static string Root { get; } = FindRoot();

    public static GoldenCase Load(string name)
    {
        var input = Json(Path.Combine(Root, name, "input.yaml"));
        var now = input["now"]!.GetValue<string>();
        var expected = Json(Path.Combine(Root, name, "expected.yaml"));
        return new GoldenCase(
            input.Deserialize<PlacementInput>(KubeJson.Options)!,
            DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture),
            expected.Deserialize<ExpectedDecision>(KubeJson.Options)!);
    }

    private static JsonNode Json(string path)
    {
        var graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<object>(File.ReadAllText(path));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(graph))!;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MeetOperator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests must run below the repository.");
        }

        return Path.Combine(folder.FullName, "tests", "golden", "placement");
    }
}

internal sealed record ExpectedDecision
{
    public required PlacementOutcome Outcome { get; init; }
    public string? Node { get; init; }
    public required long Generation { get; init; }
    public string? Reason { get; init; }
    public IReadOnlyList<Rejection>? Rejections { get; init; }
}
