using System.Buffers;
using System.Text.Json;

namespace MeetOperator.Kube.Client;

/// <summary>Decodes one line of a watch stream: <c>{"type":"ADDED","object":{…}}</c>.</summary>
internal static class WatchFrames
{
    private sealed record Frame<T>(string? Type, T? Object);

    /// <exception cref="KubeApiException">The line is an ERROR event.</exception>
    /// <exception cref="JsonException">The line is no watch event.</exception>
    public static WatchEvent<T> Decode<T>(in ReadOnlySequence<byte> line)
        where T : KubernetesObject
    {
        var type = ReadType(line);
        var reader = new Utf8JsonReader(line);
        if (type == WatchEventType.Error)
        {
            var status = JsonSerializer.Deserialize<Frame<Status>>(ref reader, KubeJson.Options)?.Object;
            throw new KubeApiException(status ?? new Status { Reason = "Unknown", Message = "The watch ended with an error that carries no status." });
        }

        var item = JsonSerializer.Deserialize<Frame<T>>(ref reader, KubeJson.Options)?.Object
            ?? throw new JsonException($"The watch event {type} carries no object.");
        return new WatchEvent<T>(type, item);
    }

    private static WatchEventType ReadType(in ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (!isType)
            {
                reader.Skip();
                continue;
            }

            return reader.GetString() switch
            {
                "ADDED" => WatchEventType.Added,
                "MODIFIED" => WatchEventType.Modified,
                "DELETED" => WatchEventType.Deleted,
                "BOOKMARK" => WatchEventType.Bookmark,
                "ERROR" => WatchEventType.Error,
                var other => throw new JsonException($"Unknown watch event type \"{other}\"."),
            };
        }

        throw new JsonException("The watch event has no type.");
    }
}
