using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.NodeControl;

/// <summary>JSON settings of NodeControl: camelCase, enums by name, nulls left out, and refused where the type has none.</summary>
public static class NodeControlJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };
}
