using System.Text.Json.Nodes;

namespace MeetOperator.Operator.Kinds.Registration;

/// <summary>Finds null entries in lists, which the C# types cannot represent.</summary>
internal static class JsonNulls
{
    /// <summary>Path of the first null in a list below <paramref name="node"/>, or null.</summary>
    public static string? FirstInList(JsonNode? node, string path) => node switch
    {
        JsonArray list => list.Select((entry, index) => entry is null ? $"{path}[{index}]" : FirstInList(entry, $"{path}[{index}]")).FirstOrDefault(found => found is not null),
        JsonObject map => map.Select(entry => FirstInList(entry.Value, $"{path}.{entry.Key}")).FirstOrDefault(found => found is not null),
        _ => null,
    };
}
