using MeetOperator.MediaNode.Bodies;
using MeetOperator.MediaNode.Errors;
using MeetOperator.NodeControl;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.MediaNode.Control;

/// <summary>Reads and writes JSON bodies of the control API.</summary>
internal static class ControlJson
{
    /// <summary>Enough for an SDP of 384 KiB with JSON escapes and the other fields of a request.</summary>
    public const int MaxBodyBytes = 1024 * 1024;

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

        return RequestBody.Parse<T>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    public static Task WriteAsync<T>(HttpContext context, int status, T body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(body, NodeControlJson.Options, "application/json", context.RequestAborted);
    }

    public static ControlProblemException TooLarge() => new(System.Net.HttpStatusCode.RequestEntityTooLarge, "payload-too-large", "The request is too large. The limit is 384 KiB for SDP and 1 MiB for the body.");
}
