using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Patch;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Tests.Patch;

public sealed class PatchTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_Rfc7396Examples_ReturnExpectedResults(string target, string patch, string expected)
    {
        var root = JsonText.ParseObject(target);
        MergePatch.Apply(root, JsonText.ParseObject(patch));
        Assert.Equal(expected, JsonText.ToText(root));
    }

    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"foo":"bar","baz":"qux"}""")]
    [InlineData("""{"foo":["a","c"]}""", """[{"op":"add","path":"/foo/1","value":"b"}]""", """{"foo":["a","b","c"]}""")]
    [InlineData("""{"foo":["a"]}""", """[{"op":"add","path":"/foo/-","value":"b"}]""", """{"foo":["a","b"]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"remove","path":"/a/1"}]""", """{"a":[1,3]}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/a","value":[2]}]""", """{"a":[2]}""")]
    [InlineData("""{"a":{"b":1},"c":{}}""", """[{"op":"move","from":"/a/b","path":"/c/d"}]""", """{"a":{},"c":{"d":1}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"}]""", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"test","path":"/a~1b","value":1},{"op":"remove","path":"/m~0n"}]""", """{"a/b":1}""")]
    public void JsonPatch_Rfc6902Examples_ReturnExpectedResults(string target, string patch, string expected) =>
        Assert.Equal(expected, JsonText.ToText(JsonPatch.Apply(JsonText.Parse(target), (JsonArray)JsonText.Parse(patch)!)));

    [Theory]
    [InlineData("""[{"op":"remove","path":"/none"}]""", 422)]
    [InlineData("""[{"op":"add","path":"/none/x","value":1}]""", 422)]
    [InlineData("""[{"op":"add","path":"/list/7","value":1}]""", 422)]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 422)]
    [InlineData("""[{"op":"replace","path":"/list/x","value":2}]""", 422)]
    [InlineData("""[{"op":"jump","path":"/a"}]""", 400)]
    [InlineData("""[{"path":"/a"}]""", 400)]
    [InlineData("""[{"op":"add","path":"a","value":1}]""", 400)]
    [InlineData("""[{"op":"add","path":"/b"}]""", 400)]
    [InlineData("[7]", 400)]
    public void JsonPatch_InapplicableOperation_IsRejected(string patch, int code) =>
        Assert.Equal(code, Assert.Throws<StatusException>(() => JsonPatch.Apply(JsonText.Parse("""{"a":1,"list":[1]}"""), (JsonArray)JsonText.Parse(patch)!)).Code);

    [Theory]
    [InlineData("""{"containers":[{"name":"b","image":"new"}]}""", """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"new"}]}""")]
    [InlineData("""{"containers":[{"name":"c","image":"3"}]}""", """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"},{"name":"c","image":"3"}]}""")]
    [InlineData("""{"containers":[{"name":"a","$patch":"delete"}]}""", """{"containers":[{"name":"b","image":"2"}]}""")]
    [InlineData("""{"containers":[{"$patch":"replace"},{"name":"z","image":"9"}]}""", """{"containers":[{"name":"z","image":"9"}]}""")]
    [InlineData("""{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"7"}]}""", """{"containers":[{"name":"b","image":"2"},{"name":"a","image":"7"}]}""")]
    [InlineData("""{"$patch":"replace","containers":[]}""", """{"containers":[]}""")]
    public void StrategicMerge_Containers_MergesByName(string patch, string expected)
    {
        var root = JsonText.ParseObject("""{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}""");
        StrategicMergePatch.Apply(root, JsonText.ParseObject($$"""{"spec":{{patch}}}"""), BuiltInResources.Pods.Schema);
        Assert.Equal(expected, JsonText.ToText(root["spec"]));
    }

    [Fact]
    public void StrategicMerge_RetainKeysAndPrimitiveLists_AreApplied()
    {
        var root = JsonText.ParseObject("""{"metadata":{"finalizers":["a","b"]},"spec":{"securityContext":{"x":1,"y":2}}}""");
        StrategicMergePatch.Apply(root, JsonText.ParseObject("""{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]},"spec":{"securityContext":{"$retainKeys":["y"],"y":3}}}"""), BuiltInResources.Pods.Schema);
        Assert.Equal("""{"metadata":{"finalizers":["b","c"]},"spec":{"securityContext":{"y":3}}}""", JsonText.ToText(root));
    }

    [Fact]
    public void StrategicMerge_ItemWithoutMergeKey_IsRejected() =>
        Assert.Equal(400, Assert.Throws<StatusException>(() => StrategicMergePatch.Apply(
            JsonText.ParseObject("""{"spec":{"containers":[]}}"""), JsonText.ParseObject("""{"spec":{"containers":[{"image":"x"}]}}"""), BuiltInResources.Pods.Schema)).Code);
}
