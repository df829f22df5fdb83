using System.Text.Json;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Control;

/// <summary>Reads and writes bodies of the control API.</summary>
internal static class ControlJson
{
    /// <summary>SDP of 384 KiB, escaped in JSON, and the rest of the request.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

    public static async Task<T> ReadAsync<T>(HttpContext context)
        where T : class
    {
        if (context.Request.ContentLength > MaxBodyBytes)
        {
            throw TooLarge();
        }

        // Reads one byte more than allowed, so that a chunked body is caught too.
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

        try
        {
            return JsonSerializer.Deserialize<T>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), NodeControlJson.Options)
                ?? throw Refusal.InvalidRequest("The body is null; expected a JSON object.");
        }
        catch (JsonException e)
        {
            throw Refusal.InvalidRequest($"The body cannot be read at {(string.IsNullOrEmpty(e.Path) ? "$" : e.Path)}: {e.Message}");
        }
    }

    public static Task WriteAsync<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, NodeControlJson.Options, "application/json", context.RequestAborted);
    }

    public static Refusal TooLarge() => new(System.Net.HttpStatusCode.RequestEntityTooLarge, "payload-too-large", "SDP may have 384 KiB, the whole body 1 MiB.");
}
