using System.Buffers;
using System.Text.Json;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Http;
using MeetOperator.Kube.Lists;

namespace MeetOperator.Kube.Client.Watching;

/// <summary>Decodes one line of a watch stream: <c>{"type":"ADDED","object":{…}}</c>.</summary>
internal static class WatchFrames
{
    /// <exception cref="KubeApiException">The line is an ERROR event.</exception>
    /// <exception cref="UnreadableObjectException">The object in the event does not match <typeparamref name="T"/>.</exception>
    /// <exception cref="JsonException">The line is not a watch event.</exception>
    public static WatchEvent<T> Decode<T>(in ReadOnlySequence<byte> line)
        where T : KubernetesObject
    {
        var type = ReadType(line);
        if (type == WatchEventType.Error)
        {
            throw new KubeApiException(ObjectReader.ReadFrame<Status>(line) ?? new Status { Reason = "Unknown", Message = "The watch ended with an error without a status." });
        }

        var item = ObjectReader.ReadFrame<T>(line) ?? throw new JsonException($"The watch event {type} has no object.");
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

            return TypeOf(reader);
        }

        throw new JsonException("The watch event has no type.");
    }

    private static WatchEventType TypeOf(in Utf8JsonReader value)
    {
        // Compare bytes, so that invalid UTF-8 causes a JsonException like other malformed text.
        if (value.TokenType != JsonTokenType.String)
        {
            throw new JsonException("The type of the watch event is not a string.");
        }

        return value.ValueTextEquals("ADDED"u8) ? WatchEventType.Added
            : value.ValueTextEquals("MODIFIED"u8) ? WatchEventType.Modified
            : value.ValueTextEquals("DELETED"u8) ? WatchEventType.Deleted
            : value.ValueTextEquals("BOOKMARK"u8) ? WatchEventType.Bookmark
            : value.ValueTextEquals("ERROR"u8) ? WatchEventType.Error
            : throw new JsonException("The watch event has an unknown type.");
    }
}
