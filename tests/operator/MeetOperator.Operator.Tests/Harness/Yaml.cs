using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Serialization;
using YamlDotNet.Serialization;

namespace MeetOperator.Operator.Tests.Harness;

/// <summary>Converts golden YAML to and from the JSON of our types.</summary>
internal static class Yaml
{
    public static JsonObject Read(string path) => Parse(File.ReadAllText(path));

    public static JsonObject Parse(string yaml)
    {
        var graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(yaml);
        return JsonNode.Parse(new SerializerBuilder().JsonCompatible().Build().Serialize(graph))!.AsObject();
    }

    public static T Read<T>(string path) => Read(path).Deserialize<T>(KubeJson.Options)!;

    public static string Write(object value)
    {
        var json = JsonSerializer.Serialize(value, value.GetType(), KubeJson.Options);
        var graph = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize<object>(json);
        return new SerializerBuilder().WithQuotingNecessaryStrings().WithIndentedSequences().Build().Serialize(graph).Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
