using System.Text.Json;
using System.Text.Json.Serialization;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Reads request bodies and enforces the media type, the size limit, and that JSON has no unknown or duplicate fields.</summary>
internal static class RequestBody
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        MaxDepth = ProtocolLimits.MaxDepth,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
    };

    public static Task<T> ReadJsonAsync<T>(HttpRequest request, CancellationToken ct)
        where T : class => ReadJsonAsync<T>(request, ProtocolLimits.MaxBodyBytes, ct);

    public static async Task<T> ReadJsonAsync<T>(HttpRequest request, int maxBytes, CancellationToken ct)
        where T : class
    {
        if (!IsMediaType(request, "application/json"))
        {
            throw new ProblemException(ProblemCode.UnsupportedMediaType, "Send the body as application/json.");
        }

        var body = await ReadAsync(request, maxBytes, ct).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize<T>(body.Span, Strict)
                ?? throw new ProblemException(ProblemCode.InvalidRequest, "The body must be a JSON object, not null.");
        }
        catch (JsonException e)
        {
            throw ProblemException.Invalid(FieldOf(e), "is unknown, duplicated, of the wrong type, or not valid JSON. See /openapi/v1.json.");
        }
        catch (InvalidOperationException)
        {
            throw ProblemException.Invalid("body", "contains a string that is not well-formed Unicode.");
        }
    }

    public static async Task<string> ReadSdpAsync(HttpRequest request, CancellationToken ct)
    {
        if (!IsMediaType(request, "application/sdp"))
        {
            throw new ProblemException(ProblemCode.UnsupportedMediaType, "Send the offer as application/sdp.");
        }

        var sdp = System.Text.Encoding.UTF8.GetString((await ReadAsync(request, ProtocolLimits.MaxSdpLength, ct).ConfigureAwait(false)).Span);
        return SdpText.IsPlausible(sdp) && SdpText.HasMedia(sdp)
            ? sdp
            : throw ProblemException.Invalid("body", "must be an SDP offer that starts with 'v=0' and has at least one media section.");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, int maxBytes, CancellationToken ct)
    {
        if (request.ContentLength > maxBytes)
        {
            throw TooLarge(maxBytes);
        }

        var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (await request.Body.ReadAsync(chunk, ct).ConfigureAwait(false) is > 0 and var read)
        {
            if (buffer.Length + read > maxBytes)
            {
                throw TooLarge(maxBytes);
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static ProblemException TooLarge(int maxBytes) => new(ProblemCode.PayloadTooLarge, $"The body is too large. The limit is {maxBytes} bytes.");

    private static bool IsMediaType(HttpRequest request, string wanted) =>
        request.ContentType?.Split(';')[0].Trim().Equals(wanted, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Returns the JSON path of the error without its root: <c>$.settings.mode</c> → <c>settings.mode</c>.</summary>
    private static string FieldOf(JsonException e) =>
        e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) && path.Length <= 100 && PlainText.IsCleanLine(path) ? path[2..] : "body";
}
