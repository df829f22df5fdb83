using System.Text.Json.Nodes;
using MeetOperator.Kube.Serialization;
using YamlDotNet.RepresentationModel;

namespace MeetOperator.Kube.Tests.CodeGen;

public sealed class YamlWriterTests
{
    [Fact]
    public void Write_NestedValues_AreBlocksWithOrderedKeys() => Assert.Equal(
        """
        a:
        - b: 1
          c:
          - - x
            - "1"
          - []
        - null
        empty: {}
        z: 1.5

        """,
        YamlWriter.Write(JsonNode.Parse("""{"z":1.5,"empty":{},"a":[{"c":[["x","1"],[]],"b":1},null]}""")!));

    [Theory]
    [InlineData("")]
    [InlineData("true")]
    [InlineData("No")]
    [InlineData("null")]
    [InlineData("~")]
    [InlineData("1.5")]
    [InlineData("0x1F")]
    [InlineData("2026-01-02")]
    [InlineData("NaN")]
    [InlineData(".5")]
    [InlineData(".inf")]
    [InlineData("- dash")]
    [InlineData("key: value")]
    [InlineData("ends:")]
    [InlineData("a #comment")]
    [InlineData("#comment")]
    [InlineData("* star")]
    [InlineData("&anchor")]
    [InlineData("!tag")]
    [InlineData("| block")]
    [InlineData("> fold")]
    [InlineData("'single'")]
    [InlineData("\"double\"")]
    [InlineData("%percent")]
    [InlineData("@at")]
    [InlineData("`tick")]
    [InlineData("{a: b}")]
    [InlineData("[a, b]")]
    [InlineData("two\nlines\ttab")]
    [InlineData("trailing ")]
    [InlineData(" leading")]
    [InlineData("back\\slash")]
    [InlineData("grün → 漢字 🎉")]
    [InlineData("^[a-z]+(\\.[a-z]+)*$")]
    [InlineData("self.all(k, !k.startsWith('x/'))")]
    [InlineData("line\u2028separator\u0085next")]
    public void Write_AwkwardText_RoundTripsAsText(string text)
    {
        var yaml = YamlWriter.Write(new JsonObject { ["key"] = text, ["list"] = new JsonArray(text), [text.Length == 0 ? "e" : text] = 1 });
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var root = (YamlMappingNode)stream.Documents[0].RootNode;

        Assert.Equal(text, ((YamlScalarNode)root.Children["key"]).Value);
        Assert.Equal(text, ((YamlScalarNode)((YamlSequenceNode)root.Children["list"]).Children[0]).Value);
        var node = (YamlScalarNode)root.Children["key"];
        if (node.Style == YamlDotNet.Core.ScalarStyle.Plain)
        {
            Assert.DoesNotMatch("^(?i:true|false|yes|no|on|off|null|~|[-+.0-9].*|y|n)$", text);
        }
    }
}
