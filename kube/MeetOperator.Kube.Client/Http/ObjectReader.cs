using System.Buffers;
using System.Text.Json;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Client.Http;

/// <summary>Parses JSON into typed objects, and distinguishes an object that does not match its type, which may be skipped, from a malformed response.</summary>
internal static class ObjectReader
{
    /// <summary>The metadata itself may be what does not match.</summary>
    private sealed record MetadataOnly(JsonElement Metadata);

    private sealed record Frame<T>(string? Type, T? Object);

    public static KubeList<T> ReadList<T>(byte[] body, Action<UnreadableObjectException>? onUnreadable)
    {
        try
        {
            return JsonSerializer.Deserialize<KubeList<T>>(body, KubeJson.Options) ?? throw new JsonException("The server returned null instead of a list.");
        }
        catch (JsonException) when (onUnreadable is not null)
        {
            var raw = JsonSerializer.Deserialize<KubeList<JsonElement>>(body, KubeJson.Options)!;
            var list = new KubeList<T> { ApiVersion = raw.ApiVersion, Kind = raw.Kind, Metadata = raw.Metadata };
            foreach (var element in raw.Items)
            {
                try
                {
                    list.Items.Add(element.Deserialize<T>(KubeJson.Options)!);
                }
                catch (JsonException e)
                {
                    onUnreadable(Describe(element.Deserialize<MetadataOnly>(KubeJson.Options), e));
                }
            }

            return list;
        }
    }

    /// <summary>The object in a line of a watch, or null if the line has none.</summary>
    /// <exception cref="UnreadableObjectException">The object does not match its type.</exception>
    public static T? ReadFrame<T>(in ReadOnlySequence<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        try
        {
            var frame = JsonSerializer.Deserialize<Frame<T>>(ref reader, KubeJson.Options);
            return frame is null ? default : frame.Object;
        }
        catch (JsonException e)
        {
            var retryReader = new Utf8JsonReader(line);
            throw Describe(JsonSerializer.Deserialize<Frame<MetadataOnly>>(ref retryReader, KubeJson.Options)?.Object, e);
        }
    }

    private static UnreadableObjectException Describe(MetadataOnly? item, JsonException error) =>
        new(Text(item, "name") is { } name ? new NamespacedName(Text(item, "namespace"), name) : default, Text(item, "resourceVersion"), error);

    private static string? Text(MetadataOnly? item, string field)
    {
        if (item?.Metadata is not { ValueKind: JsonValueKind.Object } metadata || !metadata.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // not Unicode
        }
    }
}
