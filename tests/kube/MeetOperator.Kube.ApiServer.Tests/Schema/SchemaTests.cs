using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Schema;

namespace MeetOperator.Kube.ApiServer.Tests.Schema;

public sealed class SchemaTests
{
    private static readonly SchemaNode Widget = Read((JsonObject)YamlToJson.Object(WidgetCrd.Yaml)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!);

    private static SchemaNode Read(JsonObject schema) => new SchemaReader([]).Read(schema, string.Empty);

    private static JsonObject Object(string spec) => JsonText.ParseObject($$"""{"spec":{{spec}}}""");

    private static string[] Errors(string spec) => [.. SchemaValidator.Validate(Object(spec), Widget).Select(c => c.ToString())];

    [Theory]
    [InlineData("""{"size":"Huge"}""", "spec.size: Unsupported value: \"Huge\": supported values: \"Small\", \"Medium\", \"Large\"")]
    [InlineData("{}", "spec.size: Required value")]
    [InlineData("""{"size":"Small","replicas":51}""", "spec.replicas: Invalid value: 51: spec.replicas in body should be less than or equal to 50")]
    [InlineData("""{"size":"Small","replicas":-1}""", "spec.replicas: Invalid value: -1: spec.replicas in body should be greater than or equal to 0")]
    [InlineData("""{"size":"Small","replicas":1.5}""", "spec.replicas: Invalid value: \"float64\": spec.replicas in body must be of type int32: \"float64\"")]
    [InlineData("""{"size":"Small","replicas":"1"}""", "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"")]
    [InlineData("""{"size":"Small","colour":"verylongcolour"}""", "spec.colour: Too long: may not be more than 10 bytes")]
    [InlineData("""{"size":"Small","colour":"R2"}""", "spec.colour: Invalid value: \"R2\": spec.colour in body should match '^[a-z]+$'")]
    [InlineData("""{"size":"Small","surge":true}""", "spec.surge: Invalid value: \"boolean\": spec.surge in body must be of type integer,string: \"boolean\"")]
    [InlineData("""{"size":"Small","starts":"tomorrow"}""", "spec.starts: Invalid value: \"tomorrow\": spec.starts in body must be of type date-time: \"tomorrow\"")]
    [InlineData("""{"size":"Small","tags":["a","a"]}""", "spec.tags[1]: Duplicate value: \"a\"")]
    [InlineData("""{"size":"Small","tags":["a","b","c","d","e"]}""", "spec.tags: Too many: 5: must have at most 4 items")]
    [InlineData("""{"size":"Small","ports":[{"name":"a","port":1},{"name":"a","port":2}]}""", "spec.ports[1]: Duplicate value: {\"name\":\"a\"}")]
    [InlineData("""{"size":"Small","ports":[{"name":"a","port":0}]}""", "spec.ports[0].port: Invalid value: 0: spec.ports[0].port in body should be greater than or equal to 1")]
    [InlineData("""{"size":"Small","options":{"a":1}}""", "spec.options.a: Invalid value: \"integer\": spec.options.a in body must be of type string: \"integer\"")]
    public void Validate_InvalidValue_NamesFieldAndRule(string spec, string expected) => Assert.Equal([expected], Errors(spec));

    [Theory]
    [InlineData("""{"size":"Small","note":null,"surge":3,"weight":0.5,"free":{"a":[1,{"b":2}]}}""")]
    [InlineData("""{"size":"Large","surge":"50%","replicas":2.0,"starts":"2026-01-01T10:00:00.5+02:00"}""")]
    public void Validate_ValidValue_ReturnsNoErrors(string spec) => Assert.Empty(Errors(spec));

    [Fact]
    public void Prune_UnknownMembers_AreRemovedAndReported()
    {
        var root = Object("""{"size":"Small","x":1,"free":{"y":2},"ports":[{"name":"a","z":3}],"options":{"any":"v"},"colour":null}""");
        var unknown = new List<string>();
        Pruner.PruneObject(root, Widget, unknown);
        Assert.Equal(["spec.x", "spec.ports[0].z"], unknown.OrderByDescending(u => u));
        Assert.Equal("""{"size":"Small","free":{"y":2},"ports":[{"name":"a"}],"options":{"any":"v"},"colour":null}""", root["spec"]!.ToJsonString());
    }

    [Fact]
    public void Default_AbsentMembers_AreSetAtEveryDepth()
    {
        var root = Object("""{"size":"Small","colour":null,"note":null,"ports":[{"name":"a","port":1}]}""");
        Defaulter.Apply(root, Widget);
        Assert.Equal("""{"size":"Small","colour":"grey","note":null,"ports":[{"name":"a","port":1,"protocol":"TCP"}],"replicas":1,"surge":"25%","nested":{"deep":true}}""", root["spec"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"oneOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"oneOf":[{"required":["a"]},{"required":["b"]}]}""", """{"a":1}""", true)]
    [InlineData("""{"anyOf":[{"required":["a"]},{"required":["b"]}]}""", """{"c":1}""", false)]
    [InlineData("""{"not":{"required":["a"]}}""", """{"a":1}""", false)]
    [InlineData("""{"allOf":[{"required":["a"]}]}""", """{}""", false)]
    [InlineData("""{"maxProperties":1,"additionalProperties":true}""", """{"a":1,"b":2}""", false)]
    public void Validate_Combinations_FollowJsonSchema(string schema, string value, bool valid)
    {
        var node = Read(JsonText.ParseObject($$$"""{"type":"object","properties":{"v":{{{schema}}}}}"""));
        Assert.Equal(valid, SchemaValidator.Validate(JsonText.ParseObject($$"""{"v":{{value}}}"""), node).Count == 0);
    }

    [Theory]
    [InlineData("uuid", "8b1a9953-c461-4b1e-9f0d-0a1b2c3d4e5f", true)]
    [InlineData("uuid", "x", false)]
    [InlineData("ipv4", "10.0.0.1", true)]
    [InlineData("ipv4", "10.1", false)]
    [InlineData("ipv6", "::1", true)]
    [InlineData("cidr", "10.0.0.0/8", true)]
    [InlineData("date", "2026-02-30", false)]
    [InlineData("duration", "1h30m", true)]
    [InlineData("duration", "soon", false)]
    [InlineData("hostname", "a.example.com", true)]
    [InlineData("hostname", "-a", false)]
    [InlineData("byte", "YQ==", true)]
    [InlineData("byte", "a", false)]
    [InlineData("uri", "https://a/b", true)]
    [InlineData("unheard-of", "anything", true)]
    public void Format_Text_IsValidated(string format, string text, bool valid) => Assert.Equal(valid, Formats.IsValid(format, text));

    [Fact]
    public void Read_InvalidPattern_IsReportedWithItsPath()
    {
        var problems = new List<string>();
        new SchemaReader(problems).Read(JsonText.ParseObject("""{"type":"object","properties":{"a":{"type":"string","pattern":"("}}}"""), "root");
        Assert.StartsWith("root.properties[a].pattern: Invalid value: \"(\"", Assert.Single(problems));
    }

    /// <summary>The backtracking engine needs more than the age of the universe for each of these values.</summary>
    [Theory]
    [InlineData("^(a+)+$|^a+!$", true)]
    [InlineData("^(a+)+$", false)]
    public void Validate_PatternThatBacktracks_GivesTheResult(string pattern, bool valid)
    {
        var node = Read(new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["v"] = new JsonObject { ["type"] = "string", ["pattern"] = pattern } } });
        Assert.Equal(valid, SchemaValidator.Validate(new JsonObject { ["v"] = new string('a', 100) + "!" }, node).Count == 0);
    }
}
