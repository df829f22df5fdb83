using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeetOperator.Kube.Serialization;

/// <summary>Converts an enum by its member names, which are case-sensitive in the Kubernetes API. Reads every other value as null.</summary>
internal sealed class KnownEnumConverter<T> : JsonConverter<T?>
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static)
        .ToDictionary(static field => field.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? field.Name, static field => (T)field.GetValue(null)!, StringComparer.Ordinal);

    private static readonly Dictionary<T, string> Names = Values.ToDictionary(static value => value.Value, static value => value.Key);

    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return Values.TryGetValue(reader.GetString()!, out var value) ? value : null;
        }

        reader.Skip();
        return null;
    }

    public override void Write(Utf8JsonWriter writer, T? value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (value is { } known)
        {
            writer.WriteStringValue(Names[known]);
        }
        else
        {
            writer.WriteNullValue();
        }
    }
}
