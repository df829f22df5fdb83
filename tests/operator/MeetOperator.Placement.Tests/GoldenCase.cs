using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Serialization;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;
using MeetOperator.Testing;
using YamlDotNet.Serialization;

namespace MeetOperator.Placement.Tests;

/// <summary>One directory in <c>tests/golden/placement</c>.</summary>
internal sealed record GoldenCase(PlacementInput Input, DateTimeOffset Now, ExpectedDecision Expected)
{
    public static string Root { get; } = Repository.Golden("placement");

    public static GoldenCase Load(string name)
    {
        var input = Json(Path.Combine(Root, name, "input.yaml"));
        var now = input["now"]!.GetValue<string>();
        var expected = Json(Path.Combine(Root, name, "expected.yaml"));
        return new GoldenCase(
            input.Deserialize<PlacementInput>(Reading)!,
            DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture),
            expected.Deserialize<ExpectedDecision>(KubeJson.Options)!);
    }

    /// <summary>Reads a list of regions literally: an empty list allows none.</summary>
    private static readonly JsonSerializerOptions Reading = new(KubeJson.Options) { Converters = { new RegionSetReader() } };

    private static JsonNode Json(string path)
    {
        var graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<object>(File.ReadAllText(path));
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(graph))!;
    }
}

internal sealed class RegionSetReader : JsonConverter<RegionSet>
{
    public override RegionSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => RegionSet.Only(JsonSerializer.Deserialize<string[]>(ref reader, options)!);

    public override void Write(Utf8JsonWriter writer, RegionSet value, JsonSerializerOptions options) => throw new NotSupportedException();
}

internal sealed record ExpectedDecision
{
    public required PlacementOutcome Outcome { get; init; }
    public string? Node { get; init; }

    /// <summary>All assignments, for cases with more than one.</summary>
    public IReadOnlyList<ExpectedAssignment>? Nodes { get; init; }
    public required long Generation { get; init; }
    public string? Reason { get; init; }
    public IReadOnlyList<Rejection>? Rejections { get; init; }
    public MoveAnswer? Move { get; init; }
    public StandbyState? Standby { get; init; }
}

internal sealed record ExpectedAssignment(string SfuNode, AssignmentRole Role, NodeAssignmentState State, long Generation);
