using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Tests.Abstractions;

public sealed class UnknownAsNullTests
{
    private enum Colour
    {
        Red,

        [JsonStringEnumMemberName("dark-blue")]
        DarkBlue,
    }

    [Theory]
    [InlineData("""{"colour":"Red"}""", Colour.Red)]
    [InlineData("""{"colour":"dark-blue"}""", Colour.DarkBlue)]
    [InlineData("""{"colour":null}""", null)]
    [InlineData("{}", null)]
    [InlineData("""{"colour":"Green"}""", null)]
    [InlineData("""{"colour":"red"}""", null)]
    [InlineData("""{"colour":"DarkBlue"}""", null)]
    [InlineData("""{"colour":""}""", null)]
    [InlineData("""{"colour":1}""", null)]
    [InlineData("""{"colour":{"of":["Red",{}]}}""", null)]
    internal void Read_Value_GivesItOrNull(string json, object? expected)
    {
        var read = JsonSerializer.Deserialize<Paint>($$"""{"before":1,{{json[1..^1]}}{{(json == "{}" ? "" : ",")}}"after":2}""", KubeJson.Options)!;

        Assert.Equal((expected, 1, 2), (read.Colour, read.Before, read.After));
    }

    [Theory]
    [InlineData(Colour.DarkBlue, """{"before":0,"colour":"dark-blue","after":0}""")]
    [InlineData(null, """{"before":0,"after":0}""")]
    internal void Write_Value_UsesNameOrOmits(object? colour, string expected) =>
        Assert.Equal(expected, JsonSerializer.Serialize(new Paint { Colour = (Colour?)colour }, KubeJson.Options));

    private sealed record Paint
    {
        public int Before { get; init; }

        [UnknownAsNull]
        public Colour? Colour { get; init; }
        public int After { get; init; }
    }
}
