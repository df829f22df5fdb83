using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Errors;
using MeetOperator.Kube.ApiServer.Json;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.ApiServer.Http;

/// <summary>Writes JSON responses.</summary>
internal static class Responses
{
    public static Task WriteAsync(HttpContext http, int code, ReadOnlyMemory<byte> json, string contentType = "application/json")
    {
        http.Response.StatusCode = code;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = json.Length;
        http.Response.Headers.CacheControl = "no-cache, private";
        return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(json, http.RequestAborted).AsTask();
    }

    public static Task WriteAsync(HttpContext http, int code, JsonNode body) => WriteAsync(http, code, JsonText.ToBytes(body));

    public static Task WriteStatusAsync(HttpContext http, StatusException error)
    {
        if (error.RetryAfter is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds;
        }

        return WriteAsync(http, error.Code, error.ToStatus());
    }

    /// <summary>Adds Warning headers (RFC 9111 §5.5, code 299), which kubectl prints.</summary>
    public static void AddWarnings(HttpContext http, IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
        {
            var text = new string([.. warning.Select(c => c is < ' ' or > '~' ? ' ' : c)]).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            http.Response.Headers.Append("Warning", $"299 - \"{text}\"");
        }
    }
}
