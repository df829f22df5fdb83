using MeetOperator.Kube.Admission;
using Microsoft.AspNetCore.Http.Features;

namespace MeetOperator.Operator.Webhook;

/// <summary>Handles <c>POST /validate</c>, <c>/mutate</c> and <c>/evict</c> from the API server. Every request gets a response, and none can affect the process.</summary>
internal sealed class WebhookHandler(IAdmissionReviewer reviewer, IEvictionReviewer evictions, WebhookMetrics metrics)
{
    /// <summary>A review contains an object twice, and an API server accepts no object above 3 MiB.</summary>
    public const int MaxBodyBytes = (2 * (3 << 20)) + (64 << 10);

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        if (path is not ("/validate" or "/mutate" or "/evict"))
        {
            await RejectAsync(context, StatusCodes.Status404NotFound, "not found: use /validate, /mutate or /evict").ConfigureAwait(false);
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await RejectAsync(context, StatusCodes.Status405MethodNotAllowed, "method not allowed: send an AdmissionReview with POST").ConfigureAwait(false);
            return;
        }

        var started = metrics.Start();
        if (await ReadAsync(context).ConfigureAwait(false) is not { } body)
        {
            return;
        }

        if (!AdmissionReviews.TryRead(body, out var uid, out var request, out var problem))
        {
            metrics.RecordReview(path, "malformed", started);
            await RejectAsync(context, StatusCodes.Status400BadRequest, problem).ConfigureAwait(false);
            return;
        }

        byte[] answer;
        if (path == "/mutate")
        {
            var patch = reviewer.Default(request);
            answer = AdmissionReviews.WritePatch(uid, patch);
            metrics.RecordReview(path, patch is null ? "unchanged" : "defaulted", started);
        }
        else if (path == "/evict")
        {
            var decision = await evictions.ReviewAsync(request, context.RequestAborted).ConfigureAwait(false);
            answer = AdmissionReviews.WriteEviction(uid, decision);
            metrics.RecordReview(path, decision.Allowed ? "allowed" : "denied", started);
        }
        else
        {
            var decision = reviewer.Review(request);
            answer = AdmissionReviews.WriteReview(uid, request, decision);
            metrics.RecordReview(path, decision.Allowed ? "allowed" : "denied", started);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Reads the body. Returns null after an error response when it is too large or incomplete.</summary>
    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBodyBytes;
        }

        try
        {
            var body = new MemoryStream((int)Math.Clamp(context.Request.ContentLength ?? 0, 0, MaxBodyBytes));
            await using (body.ConfigureAwait(false))
            {
                await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
                return body.GetBuffer().AsMemory(0, (int)body.Length);
            }
        }
        catch (BadHttpRequestException broken)
        {
            await RejectAsync(context, broken.StatusCode, broken.Message).ConfigureAwait(false);
            return null;
        }
    }

    private static Task RejectAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }
}
