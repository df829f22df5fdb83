using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Serialization;

/// <summary>JSON settings for the Kubernetes API: camelCase, enums by name, times as RFC 3339 in UTC, nulls omitted.</summary>
public static class KubeJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new Serialization.Rfc3339TimeConverter(), new JsonStringEnumConverter() },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
