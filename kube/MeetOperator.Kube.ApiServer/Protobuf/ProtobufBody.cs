using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Metadata;

namespace MeetOperator.Kube.ApiServer.Protobuf;

/// <summary>
/// Converts a body of type <c>application/vnd.kubernetes.protobuf</c> to JSON: four magic bytes, then a runtime.Unknown with apiVersion, kind,
/// and message. Supports only the messages in <c>messages.txt</c>. Responses are always JSON, which every client accepts.
/// </summary>
internal static class ProtobufBody
{
    public const string MediaType = "application/vnd.kubernetes.protobuf";
    private const int MaxDepth = 16;
    private static readonly Lazy<Dictionary<string, Dictionary<int, MessageField>>> Messages = new(Load);

    public static JsonObject Parse(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8))
        {
            throw Malformed();
        }

        var apiVersion = string.Empty;
        var kind = string.Empty;
        ReadOnlySpan<byte> raw = default;
        var unknown = new WireReader(body[4..]);
        while (unknown.Next())
        {
            if (unknown.Field == 1)
            {
                var type = new WireReader(unknown.Bytes);
                while (type.Next())
                {
                    if (type.Field == 1)
                    {
                        apiVersion = Encoding.UTF8.GetString(type.Bytes);
                    }
                    else if (type.Field == 2)
                    {
                        kind = Encoding.UTF8.GetString(type.Bytes);
                    }
                }
            }
            else if (unknown.Field == 2)
            {
                raw = unknown.Bytes;
            }
        }

        if (unknown.IsMalformed)
        {
            throw Malformed();
        }

        if (!Messages.Value.ContainsKey(kind))
        {
            throw StatusErrors.UnsupportedMediaType($"this server does not accept {kind} as protobuf: send it as application/json");
        }

        var result = new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind };
        foreach (var (name, value) in Message(raw, kind, 0))
        {
            result[name] = value?.DeepClone();
        }

        return result;
    }

    private static JsonObject Message(ReadOnlySpan<byte> data, string name, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Malformed();
        }

        var fields = Messages.Value[name];
        var result = new JsonObject();
        var reader = new WireReader(data);
        while (reader.Next())
        {
            if (!fields.TryGetValue(reader.Field, out var field))
            {
                continue;
            }

            if (field.IsMap)
            {
                var (key, value) = Entry(reader.Bytes, field.Type);
                result.Ensure(field.Name)[key] = value;
            }
            else if (field.IsList)
            {
                if (result[field.Name] is not JsonArray list)
                {
                    result[field.Name] = list = [];
                }

                list.Add(Value(reader, field.Type, depth));
            }
            else if (Value(reader, field.Type, depth) is { } single && !IsZero(field, single))
            {
                result[field.Name] = single;
            }
        }

        return reader.IsMalformed ? throw Malformed() : result;
    }

    /// <summary>Whether JSON omits the value: Go's protobuf encoding writes required scalars even if they are empty.</summary>
    private static bool IsZero(MessageField field, JsonNode value) => field.Type switch
    {
        "s" => value.AsText() == string.Empty,
        "i" => value.AsInteger() == 0 && field.Name is "generation" or "nodePort",
        _ => false,
    };

    private static (string Key, JsonNode? Value) Entry(ReadOnlySpan<byte> data, string type)
    {
        var key = string.Empty;
        JsonNode? value = type is "s" or "d" ? string.Empty : null;
        var reader = new WireReader(data);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                key = Encoding.UTF8.GetString(reader.Bytes);
            }
            else if (reader.Field == 2)
            {
                value = Value(reader, type, 0);
            }
        }

        return reader.IsMalformed ? throw Malformed() : (key, value);
    }

    private static JsonNode? Value(WireReader reader, string type, int depth)
    {
        switch (type)
        {
            case "s":
                return Encoding.UTF8.GetString(reader.Bytes);
            case "i":
                return (long)reader.Number;
            case "b":
                return reader.Number != 0;
            case "d":
                return Convert.ToBase64String(reader.Bytes);
            case "t":
                return Time(reader.Bytes);
            case "io":
                return IntOrString(reader.Bytes);
            default:
                return Message(reader.Bytes, type, depth + 1);
        }
    }

    /// <summary>metav1.Time (seconds and nanoseconds); null if not set.</summary>
    private static JsonNode? Time(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        var seconds = 0L;
        while (reader.Next())
        {
            seconds = reader.Field == 1 ? (long)reader.Number : seconds;
        }

        return seconds is > 0 and < 253402300800 ? Timestamps.Format(DateTimeOffset.FromUnixTimeSeconds(seconds)) : null;
    }

    private static JsonNode? IntOrString(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        var isText = false;
        var number = 0L;
        var text = string.Empty;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    isText = reader.Number == 1;
                    break;
                case 2:
                    number = (long)reader.Number;
                    break;
                case 3:
                    text = Encoding.UTF8.GetString(reader.Bytes);
                    break;
            }
        }

        return isText ? text : number;
    }

    private static Dictionary<string, Dictionary<int, MessageField>> Load()
    {
        using var stream = typeof(ProtobufBody).Assembly.GetManifestResourceStream("messages.txt")!;
        var messages = new Dictionary<string, Dictionary<int, MessageField>>(StringComparer.Ordinal);
        foreach (var line in new StreamReader(stream).ReadToEnd().Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            messages[words[0]] = words.Skip(1).Select(w => w.Split(':')).ToDictionary(
                p => int.Parse(p[0], CultureInfo.InvariantCulture),
                p => new MessageField(p[1], p[2].TrimStart('[', ']', '{', '}'), p[2][0] == '[', p[2][0] == '{'));
        }

        return messages;
    }

    private static StatusException Malformed() => StatusErrors.BadRequest("error decoding the body: malformed protobuf");

    private sealed record MessageField(string Name, string Type, bool IsList, bool IsMap);
}
