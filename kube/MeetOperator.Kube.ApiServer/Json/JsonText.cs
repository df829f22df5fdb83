using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Json;

/// <summary>
/// Reads JSON into fully materialized nodes, so that several threads can read a stored tree. Every number becomes a
/// <see cref="long"/> or a <see cref="double"/>. Of duplicate names the last value is kept, as in Go.
/// </summary>
internal static class JsonText
{
    /// <summary>Maximum accepted nesting. Go's decoder allows 10,000, which no real object needs.</summary>
    public const int MaxDepth = 200;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow };
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, MaxDepth = 1000 };

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    /// <summary>Throws <see cref="JsonException"/> if the text is not exactly one JSON value.</summary>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8, List<string>? duplicateFields = null)
    {
        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        reader.Read();
        JsonNode? node;
        try
        {
            node = ReadValue(ref reader, duplicateFields, string.Empty);
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException($"invalid text in a string: {e.Message}", e);
        }

        if (reader.Read())
        {
            throw new JsonException("text after the end of the JSON value");
        }

        return node;
    }

    public static JsonNode? Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    public static JsonObject ParseObject(string json) =>
        Parse(json) as JsonObject ?? throw new JsonException("not a JSON object");

    public static byte[] ToBytes(JsonNode? node)
    {
        var buffer = _scratch ??= new ArrayBufferWriter<byte>(16 * 1024);
        buffer.ResetWrittenCount();
        Write(buffer, node);
        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > 1 << 20)
        {
            _scratch = null;
        }

        return bytes;
    }

    public static string ToText(JsonNode? node) => Encoding.UTF8.GetString(ToBytes(node));

    public static void Write(IBufferWriter<byte> output, JsonNode? node)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        if (node is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            node.WriteTo(writer);
        }
    }

    private static JsonNode? ReadValue(ref Utf8JsonReader reader, List<string>? duplicates, string path)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var result = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var name = reader.GetString()!;
                    reader.Read();
                    var child = duplicates is null ? path : path.Length == 0 ? name : $"{path}.{name}";
                    var value = ReadValue(ref reader, duplicates, child);
                    if (!result.TryAdd(name, value))
                    {
                        duplicates?.Add(child);
                        result[name] = value;
                    }
                }

                return result;
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var child = duplicates is null ? path : $"{path}[{array.Count}]";
                    array.Add(ReadValue(ref reader, duplicates, child));
                }

                return array;
            case JsonTokenType.String:
                return JsonValue.Create(reader.GetString()!);
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Number:
                if (reader.TryGetInt64(out var integer))
                {
                    return JsonValue.Create(integer);
                }

                var number = reader.GetDouble();
                return double.IsFinite(number) ? JsonValue.Create(number) : throw new JsonException("a number is out of range");
            default:
                return null;
        }
    }
}
