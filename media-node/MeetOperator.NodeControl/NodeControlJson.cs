using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.NodeControl;

/// <summary>JSON settings of NodeControl: camelCase, enums by name, nulls omitted. A null for a non-nullable property is a <see cref="JsonException"/>.</summary>
public static class NodeControlJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };
}
