using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Turns what a handler throws into a problem document. Log lines hold the path and never the query, which may hold a code.</summary>
internal sealed partial class RequestFailures(SecurityHeaders headers, ILogger<RequestFailures> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // They were taken away with everything else that the handler had answered.
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

    /// <summary>Routing refuses with a bare status what fits no route; callers get the same kind of document as for everything else.</summary>
    public static Task ExplainAsync(StatusCodeContext bare)
    {
        var context = bare.HttpContext;
        return context.Response.StatusCode switch
        {
            StatusCodes.Status415UnsupportedMediaType => Problems.WriteAsync(
                context, new ProblemException(ProblemCode.UnsupportedMediaType, "The body has another media type than this path takes; see /openapi/v1.json.")),
            StatusCodes.Status404NotFound => Problems.WriteBareAsync(context, "Not Found", "There is nothing at this path."),
            StatusCodes.Status405MethodNotAllowed => Problems.WriteBareAsync(context, "Method Not Allowed", "This path takes other methods; see the Allow header."),
            _ => Task.CompletedTask,
        };
    }

    /// <summary>Null for what nobody foresaw.</summary>
    private ProblemException? ProblemOf(Exception exception, HttpRequest request)
    {
        switch (exception)
        {
            case ProblemException problem:
                return problem;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new ProblemException(ProblemCode.PayloadTooLarge, $"A body has at most {ProtocolLimits.MaxBodyBytes} bytes, one of SDP {ProtocolLimits.MaxSdpLength}.");
            case BadHttpRequestException:
                return new ProblemException(ProblemCode.InvalidRequest, "The request cannot be read.");
            case var outage when Failures.IsDatabaseOutage(outage) || Failures.IsBusOutage(outage):
                LogOutage(logger, request.Method, request.Path, outage.Message);
                return new ProblemException(ProblemCode.Unavailable, "Something that the server needs does not answer.") { RetryAfter = TimeSpan.FromSeconds(2) };
            default:
                return null;
        }
    }

    [LoggerMessage(3070, LogLevel.Warning, "{Method} {Path}: something does not answer: {Reason}")]
    private static partial void LogOutage(ILogger logger, string method, string path, string reason);

    [LoggerMessage(3071, LogLevel.Error, "{Method} {Path} failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string method, string path);
}
