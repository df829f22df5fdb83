using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Control;

/// <summary>Reads and writes JSON bodies of the control API.</summary>
internal static class ControlJson
{
    /// <summary>Enough for an SDP of 384 KiB with JSON escapes and the other fields of a request.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    private static readonly JsonSerializerOptions RequestOptions = new(NodeControlJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RejectNullEntries } } };

    public static async Task<T> ReadAsync<T>(HttpContext context)
        where T : class
    {
        if (context.Request.ContentLength > MaxBodyBytes)
        {
            throw TooLarge();
        }

        // A chunked body declares no length, so the limit is checked while reading.
        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted).ConfigureAwait(false)) > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > MaxBodyBytes)
            {
                throw TooLarge();
            }
        }

        return Parse<T>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    /// <summary>Parses a body. Throws a <see cref="ControlProblemException"/> when it is not valid.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> body)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, RequestOptions) ?? throw ControlProblemException.InvalidRequest("The body is null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw ControlProblemException.InvalidRequest($"The JSON body is invalid at {(string.IsNullOrEmpty(e.Path) ? "$" : e.Path)}: {e.Message}");
        }
    }

    public static Task WriteAsync<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, NodeControlJson.Options, "application/json", context.RequestAborted);
    }

    /// <summary>Rejects null entries in lists. The serializer checks nullability of properties only.</summary>
    private static void RejectNullEntries(JsonTypeInfo type)
    {
        foreach (var list in type.Properties.Where(p => typeof(IEnumerable<object>).IsAssignableFrom(p.PropertyType)))
        {
            type.OnDeserialized += value =>
            {
                if (list.Get!(value) is IEnumerable<object?> entries && entries.Contains(null))
                {
                    throw new JsonException($"'{list.Name}' must not contain null.");
                }
            };
        }
    }

    public static ControlProblemException TooLarge() => new(System.Net.HttpStatusCode.RequestEntityTooLarge, "payload-too-large", "The request is too large. The limit is 384 KiB for SDP and 1 MiB for the body.");
}
