using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling;

/// <summary>Turns what a handler throws into a problem document. Log lines hold the path and never the query, which may hold a code.</summary>
internal static partial class RequestFailures
{
    public static async Task GuardAsync(RequestDelegate next, HttpContext context, ILogger logger)
    {
        try
        {
            await next(context).ConfigureAwait(false);
            await ExplainAsync(context).ConfigureAwait(false);
        }
        catch (ProblemException problem) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, problem).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new ProblemException(ProblemCode.PayloadTooLarge, $"A body has at most {ProtocolLimits.MaxBodyBytes} bytes, one of SDP {ProtocolLimits.MaxSdpLength}.")
                : new ProblemException(ProblemCode.InvalidRequest, "The request cannot be read.")).ConfigureAwait(false);
        }
        catch (Exception e) when ((Failures.IsDatabaseOutage(e) || Failures.IsBusOutage(e)) && !context.Response.HasStarted)
        {
            LogOutage(logger, context.Request.Method, context.Request.Path, e.Message);
            await Problems.WriteAsync(context, new ProblemException(ProblemCode.Unavailable, "Something that the server needs does not answer.") { RetryAfter = TimeSpan.FromSeconds(2) })
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            LogUnexpected(logger, e, context.Request.Method, context.Request.Path);
            await Problems.WriteUnexpectedAsync(context).ConfigureAwait(false);
        }
    }

    /// <summary>Routing refuses with a bare status what fits no route; callers get the same kind of document as for everything else.</summary>
    private static Task ExplainAsync(HttpContext context)
    {
        if (context.Response.HasStarted || context.Response.ContentLength > 0 || context.Response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return context.Response.StatusCode switch
        {
            StatusCodes.Status415UnsupportedMediaType => Problems.WriteAsync(
                context, new ProblemException(ProblemCode.UnsupportedMediaType, "The body has another media type than this path takes; see /openapi/v1.json.")),
            StatusCodes.Status404NotFound => Problems.WriteBareAsync(context, "Not Found", "There is nothing at this path."),
            StatusCodes.Status405MethodNotAllowed => Problems.WriteBareAsync(context, "Method Not Allowed", "This path takes other methods; see the Allow header."),
            _ => Task.CompletedTask,
        };
    }

    [LoggerMessage(3070, LogLevel.Warning, "{Method} {Path}: something does not answer: {Reason}")]
    private static partial void LogOutage(ILogger logger, string method, string path, string reason);

    [LoggerMessage(3071, LogLevel.Error, "{Method} {Path} failed.")]
    private static partial void LogUnexpected(ILogger logger, Exception e, string method, string path);
}
