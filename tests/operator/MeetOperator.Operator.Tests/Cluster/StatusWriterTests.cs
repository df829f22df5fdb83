using System.Text.Json.Nodes;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Tests.Cluster;

public sealed class StatusWriterTests
{
    [Theory]
    [InlineData(null, """{"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1,"gone":2}""", """{"a":1}""", """{"a":1,"gone":null}""")]
    [InlineData("""{"list":[{"type":"x"}]}""", """{"list":[]}""", """{"list":[]}""")]
    [InlineData("""{"usage":{"now":1,"before":2}}""", """{"usage":{"now":3}}""", """{"usage":{"now":3,"before":null}}""")]
    public void Patch_UnwantedField_BecomesNull(string? stored, string wanted, string patch) =>
        Assert.Equal(patch, StatusWriter.Patch(stored is null ? null : JsonNode.Parse(stored)!.AsObject(), JsonNode.Parse(wanted)!.AsObject()).ToJsonString());
}
