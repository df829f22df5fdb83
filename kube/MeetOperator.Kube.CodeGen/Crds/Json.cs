using System.Text.Json.Nodes;

namespace MeetOperator.Kube.CodeGen.Crds;

internal static class Json
{
    public static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode?)JsonValue.Create(value))]);
}
