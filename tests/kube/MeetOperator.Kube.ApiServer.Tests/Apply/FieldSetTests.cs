using MeetOperator.Kube.ApiServer.FieldManagement;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tests.Apply;

public sealed class FieldSetTests
{
    private const string Nested = """{"f:a":{"f:b":{},"f:c":{}}}""";

    [Theory]
    [InlineData("{}", Nested, Nested)]
    [InlineData(Nested, """{"f:a":{"f:d":{}}}""", """{"f:a":{"f:b":{},"f:c":{},"f:d":{}}}""")]
    [InlineData("""{"f:a":{}}""", """{"f:a":{"f:b":{}}}""", """{"f:a":{".":{},"f:b":{}}}""")]
    [InlineData("""{"f:a":{".":{},"f:b":{}}}""", """{"f:a":{"f:c":{}}}""", """{"f:a":{".":{},"f:b":{},"f:c":{}}}""")]
    public void Union_TwoSets_ContainsBoth(string left, string right, string expected) =>
        Assert.Equal(expected, JsonText.ToText(FieldSet.Union(JsonText.ParseObject(left), JsonText.ParseObject(right))));

    [Theory]
    [InlineData(Nested, "{}", Nested)]
    [InlineData(Nested, Nested, "{}")]
    [InlineData(Nested, """{"f:a":{"f:b":{}}}""", """{"f:a":{"f:c":{}}}""")]
    [InlineData("""{"f:a":{".":{},"f:b":{}}}""", """{"f:a":{"f:b":{}}}""", """{"f:a":{}}""")]
    [InlineData("""{"f:a":{".":{},"f:b":{}}}""", """{"f:a":{}}""", """{"f:a":{"f:b":{}}}""")]
    [InlineData("""{"f:a":{}}""", """{"f:a":{"f:b":{}}}""", """{"f:a":{}}""")]
    public void Difference_TwoSets_ExcludesTheSecond(string left, string right, string expected)
    {
        var (a, b) = (JsonText.ParseObject(left), JsonText.ParseObject(right));
        Assert.Equal(expected, JsonText.ToText(FieldSet.Difference(a, b)));
        Assert.Equal(expected != left, FieldSet.Intersects(a, b));
    }

    [Theory]
    [InlineData("f:size", ".size")]
    [InlineData("k:{\"name\":\"http\"}", "[name=\"http\"]")]
    [InlineData("k:{\"port\":80,\"protocol\":\"TCP\"}", "[port=80,protocol=\"TCP\"]")]
    [InlineData("v:\"red\"", "[=\"red\"]")]
    [InlineData("k:damaged", "[=damaged]")]
    public void Display_PathElement_HasConflictFormat(string element, string expected) => Assert.Equal(expected, PathElement.Display(element));
}
