using MeetOperator.Kube.Runtime.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Serves <c>/metrics</c> on a separate port that serves nothing else. The public port does not serve metrics.</summary>
internal static class MetricsPort
{
    public static void Mark(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(Marked.Instance);
        return next(connection);
    });

    /// <summary>Must be the first middleware. Recognizes the port by the connection, because callers can send any Host header.</summary>
    public static void Use(WebApplication app, PrometheusExposition exposition) =>
        app.Use(next => context => context.Features.Get<Marked>() is null ? next(context) : AnswerAsync(context, exposition));

    private static Task AnswerAsync(HttpContext context, PrometheusExposition exposition)
    {
        if (context.Request.Path != "/metrics" || !HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        context.Response.ContentType = PrometheusExposition.ContentType;
        return context.Response.WriteAsync(exposition.Write(), context.RequestAborted);
    }

    private sealed class Marked
    {
        public static readonly Marked Instance = new();
    }
}
