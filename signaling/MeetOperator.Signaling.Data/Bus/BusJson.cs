using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Signaling.Data;

/// <summary>JSON of what instances store and send each other.</summary>
internal static class BusJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>False for what another version of this program wrote and this one cannot read.</summary>
    public static bool TryRead<T>(byte[]? utf8, [NotNullWhen(true)] out T? value)
        where T : class
    {
        try
        {
            value = utf8 is null ? null : JsonSerializer.Deserialize<T>(utf8, Options);
        }
        catch (JsonException)
        {
            value = null;
        }

        return value is not null;
    }
}
