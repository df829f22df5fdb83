using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The JSON format of presence entries and bus events.</summary>
internal static class BusJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Returns false for null and for JSON that this version cannot read, such as data from another version.</summary>
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
