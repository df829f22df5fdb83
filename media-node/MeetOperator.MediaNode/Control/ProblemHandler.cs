using System.Net;
using System.Text.Json;
using MeetOperator.MediaNode.Errors;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Control;

/// <summary>Converts exceptions to RFC 9457 problem documents.</summary>
internal sealed partial class ProblemHandler(ILogger<ProblemHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case ControlProblemException problem:
                await WriteAsync(httpContext, problem.Status, problem.Code, problem.Message).ConfigureAwait(false);
                break;
            case BadHttpRequestException badRequest:
                var code = badRequest.StatusCode == StatusCodes.Status413PayloadTooLarge ? "payload-too-large" : "invalid-request";
                await WriteAsync(httpContext, (HttpStatusCode)badRequest.StatusCode, code, badRequest.Message).ConfigureAwait(false);
                break;
            default:
                LogFailed(logger, httpContext.Request.Method, httpContext.Request.Path, exception);
                await WriteAsync(httpContext, HttpStatusCode.InternalServerError, "internal", "An unexpected error occurred. See the log of the media node.").ConfigureAwait(false);
                break;
        }

        return true;
    }

    private static Task WriteAsync(HttpContext context, HttpStatusCode status, string code, string detail)
    {
        context.Response.StatusCode = (int)status;
        context.Response.ContentType = "application/problem+json";
        return context.Response.WriteAsync(
            JsonSerializer.Serialize(new { type = "urn:meetoperator:node:" + code, title = status.ToString(), status = (int)status, detail }));
    }

    [LoggerMessage(EventId = 4201, Level = LogLevel.Error, Message = "{Method} {Path} failed.")]
    private static partial void LogFailed(ILogger logger, string method, string path, Exception exception);
}
