using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace MeetOperator;

/// <summary>Completes the spans of requests, which ASP.NET Core 10 leaves without route and status (OpenTelemetry semantic conventions, HTTP spans).</summary>
internal static class RequestSpans
{
    /// <summary>Must be the first middleware.</summary>
    public static void Use(IApplicationBuilder app) => app.Use(next => context =>
        context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span ? CompleteAsync(next, context, span) : next(context));

    private static async Task CompleteAsync(RequestDelegate next, HttpContext context, Activity span)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Complete(context, span, StatusCodes.Status500InternalServerError);
            span.SetStatus(ActivityStatusCode.Error, e.GetType().Name);
            throw;
        }

        Complete(context, span, context.Response.StatusCode);
    }

    private static void Complete(HttpContext context, Activity span, int status)
    {
        // The exception handler clears the endpoint of a request that failed.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        if (endpoint is not RouteEndpoint { RoutePattern.RawText: { } route } || status == StatusCodes.Status401Unauthorized)
        {
            // Static files, unknown paths and callers without credentials leave no span.
            span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            return;
        }

        span.DisplayName = $"{context.Request.Method} {route}";
        span.SetTag("http.route", route);
        span.SetTag("url.path", route); // The path itself can contain a sealed session.
        span.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }
    }
}
