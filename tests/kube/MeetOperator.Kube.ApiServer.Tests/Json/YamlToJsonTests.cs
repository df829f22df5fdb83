using System.Text.Json;
using MeetOperator.Kube.ApiServer.Json;

namespace MeetOperator.Kube.ApiServer.Tests.Json;

public sealed class YamlToJsonTests
{
    [Theory]
    [InlineData("a: 1", """{"a":1}""")]
    [InlineData("a: 1.5", """{"a":1.5}""")]
    [InlineData("a: \"1\"", """{"a":"1"}""")]
    [InlineData("a: '1'", """{"a":"1"}""")]
    [InlineData("a: true", """{"a":true}""")]
    [InlineData("a: no", """{"a":false}""")]
    [InlineData("a: 'yes'", """{"a":"yes"}""")]
    [InlineData("a: null", """{"a":null}""")]
    [InlineData("a: ~", """{"a":null}""")]
    [InlineData("a:", """{"a":null}""")]
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: 0o17", """{"a":15}""")]
    [InlineData("a: 1e3", """{"a":1000}""")]
    [InlineData("a: -5", """{"a":-5}""")]
    [InlineData("a: 1.2.3", """{"a":"1.2.3"}""")]
    [InlineData("a: 12:30", """{"a":"12:30"}""")]
    [InlineData("a: 2026-01-01", """{"a":"2026-01-01"}""")]
    [InlineData("a: 25%", """{"a":"25%"}""")]
    [InlineData("a: !!str 5", """{"a":"5"}""")]
    [InlineData("1: b", """{"1":"b"}""")]
    [InlineData("a: |\n  x\n  y\n", """{"a":"x\ny\n"}""")]
    [InlineData("a: >\n  x\n  y\n", """{"a":"x y\n"}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("- a\n- [1, {b: c}]", """["a",[1,{"b":"c"}]]""")]
    public void Documents_Scalars_HaveKubernetesTypes(string yaml, string json) =>
        Assert.Equal(json, JsonText.ToText(Assert.Single(YamlToJson.Documents(yaml))));

    [Fact]
    public void Documents_Several_AreReadWithoutEmptyOnes() =>
        Assert.Equal(2, YamlToJson.Documents("---\na: 1\n---\n# nothing\n---\nb: 2\n").Count);

    [Theory]
    [InlineData("a: [1")]
    [InlineData("a: 1\n b: 2")]
    [InlineData("a: 1\na: 2")]
    [InlineData("a: *missing")]
    public void Documents_InvalidYaml_ThrowsJsonExceptionWithHint(string yaml) =>
        Assert.StartsWith("yaml: ", Assert.Throws<JsonException>(() => YamlToJson.Documents(yaml)).Message);

    [Fact]
    public void Documents_RandomText_ThrowsOnlyJsonException()
    {
        var random = new Random(7);
        const string Alphabet = "ab: -[]{}\n\t#&*!|>'\"%@`,?0";
        for (var i = 0; i < 3000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            try
            {
                YamlToJson.Documents(text);
            }
            catch (JsonException)
            {
                // The only allowed exception.
            }
        }
    }
}
