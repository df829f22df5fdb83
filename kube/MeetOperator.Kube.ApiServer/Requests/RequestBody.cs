using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Protobuf;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Requests;

/// <summary>Reads and parses request bodies up to the size limit.</summary>
internal static class RequestBody
{
    public static async Task<byte[]> ReadAsync(HttpContext http, int limit)
    {
        if (http.Request.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        if (http.Request.ContentLength is { } length)
        {
            var exact = new byte[(int)length];
            await http.Request.Body.ReadExactlyAsync(exact, http.RequestAborted);
            return exact;
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await http.Request.Body.ReadAsync(chunk, http.RequestAborted)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > limit)
            {
                throw TooLarge(limit);
            }
        }

        return buffer.ToArray();
    }

    /// <summary>Parses by media type: Kubernetes protobuf, YAML if the type ends in "yaml", otherwise JSON.</summary>
    public static JsonNode? Parse(byte[] body, string mediaType, List<string>? duplicates)
    {
        if (mediaType == ProtobufBody.MediaType)
        {
            return ProtobufBody.Parse(body);
        }

        try
        {
            if (!mediaType.EndsWith("yaml", StringComparison.Ordinal))
            {
                return JsonText.Parse(body, duplicates);
            }

            return YamlToJson.Documents(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body)) switch
            {
                [var single] => single,
                [] => null,
                _ => throw StatusErrors.BadRequest("the body contains more than one YAML document"),
            };
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            throw StatusErrors.BadRequest($"error decoding the body: {e.Message}");
        }
    }

    public static JsonObject Object(JsonNode? body) => body as JsonObject ?? throw StatusErrors.BadRequest("the body must be an object");

    /// <summary>The media type in lower case, without parameters; application/json if the request has none.</summary>
    public static string MediaType(HttpContext http)
    {
        var type = http.Request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            return "application/json";
        }

        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    private static StatusException TooLarge(int limit) =>
        new(413, "RequestEntityTooLarge", $"Request entity too large: limit is {limit}");
}
