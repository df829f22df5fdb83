using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
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
        finally
        {
            var status = context.Response.StatusCode;
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
            span.DisplayName = route is null ? context.Request.Method : $"{context.Request.Method} {route}";
            span.SetTag("http.route", route);
            span.SetTag("http.response.status_code", status);
            if (status >= StatusCodes.Status500InternalServerError)
            {
                span.SetStatus(ActivityStatusCode.Error);
            }
            else if (status == StatusCodes.Status401Unauthorized)
            {
                // Strangers must not fill the traces.
                span.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
            }
        }
    }
}
