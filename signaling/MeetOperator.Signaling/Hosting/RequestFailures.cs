using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Pages;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Converts unhandled exceptions to problem documents. Logs the path but never the query, which can contain a code.</summary>
internal sealed partial class RequestFailures(SecurityHeaders headers, ILogger<RequestFailures> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // The exception handler middleware has cleared the response headers.
        headers.Apply(httpContext.Response);
        if (ProblemOf(exception, httpContext.Request) is { } problem)
        {
            await Problems.WriteAsync(httpContext, problem).ConfigureAwait(false);
        }
        else
        {
            LogUnexpected(logger, exception, httpContext.Request.Method, httpContext.Request.Path);
            await Problems.WriteUnexpectedAsync(httpContext).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Writes a problem document for requests that routing rejected with a bare status code.</summary>
    public static Task WriteStatusProblemAsync(StatusCodeContext bare)
    {
        var context = bare.HttpContext;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status415UnsupportedMediaType => Problems.WriteAsync(
                context, new ProblemException(ProblemCode.UnsupportedMediaType, "This path does not accept the media type of the body. See /openapi/v1.json.")),
            StatusCodes.Status404NotFound => Problems.WriteBareAsync(context, "Not Found", "This path does not exist."),
            StatusCodes.Status405MethodNotAllowed => Problems.WriteBareAsync(context, "Method Not Allowed", "This path does not support the method. See the Allow header."),
            _ => Task.CompletedTask,
        };
    }

    /// <summary>Returns the problem to send, or null for an unexpected exception.</summary>
    private ProblemException? ProblemOf(Exception exception, HttpRequest request)
    {
        switch (exception)
        {
            case ProblemException problem:
                return problem;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new ProblemException(ProblemCode.PayloadTooLarge, $"The body is too large. The limit is {ProtocolLimits.MaxBodyBytes} bytes for JSON and {ProtocolLimits.MaxSdpLength} bytes for SDP.");
            case BadHttpRequestException:
                return new ProblemException(ProblemCode.InvalidRequest, "The request is malformed.");
            case var outage when TransientErrors.IsDatabaseOutage(outage) || TransientErrors.IsBusOutage(outage):
                LogOutage(logger, request.Method, request.Path, outage.Message);
                return new ProblemException(ProblemCode.Unavailable, "A dependency of the server is unavailable. Try again later.") { RetryAfter = TimeSpan.FromSeconds(2) };
            default:
                return null;
        }
    }

    [LoggerMessage(3070, LogLevel.Warning, "{Method} {Path} failed because a dependency is unavailable: {Reason}")]
    private static partial void LogOutage(ILogger logger, string method, string path, string reason);

    [LoggerMessage(3071, LogLevel.Error, "{Method} {Path} failed with an unexpected error.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string method, string path);
}
