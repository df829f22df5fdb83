using System.Globalization;
using System.Text.Json;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Writes problem documents (RFC 9457).</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static int StatusOf(ProblemCode code) => code switch
    {
        ProblemCode.InvalidRequest => StatusCodes.Status400BadRequest,
        ProblemCode.Unauthorized => StatusCodes.Status401Unauthorized,
        ProblemCode.Forbidden or ProblemCode.EncryptionRequired => StatusCodes.Status403Forbidden,
        ProblemCode.UnknownMeeting or ProblemCode.UnknownParticipant or ProblemCode.UnknownReport or ProblemCode.UnknownCheck => StatusCodes.Status404NotFound,
        ProblemCode.MeetingFull or ProblemCode.NotPublishing => StatusCodes.Status409Conflict,
        ProblemCode.MeetingEnded => StatusCodes.Status410Gone,
        ProblemCode.PayloadTooLarge => StatusCodes.Status413PayloadTooLarge,
        ProblemCode.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
        ProblemCode.IdempotencyKeyReused => StatusCodes.Status422UnprocessableEntity,
        ProblemCode.QuotaExceeded => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    public static Task WriteAsync(HttpContext context, ProblemException problem)
    {
        var response = context.Response;
        if (problem.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (problem.Code == ProblemCode.Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        if (problem.Code == ProblemCode.Unavailable)
        {
            // Another replica may be able to answer, and only a new connection reaches it.
            response.Headers.Connection = "close";
        }

        var status = StatusOf(problem.Code);
        return WriteAsync(context, status, new
        {
            type = $"urn:meetoperator:error:{WireName.Of(problem.Code)}",
            title = Title(problem.Code),
            status,
            detail = problem.Message,
            errors = problem.Errors,
        });
    }

    public static Task WriteUnexpectedAsync(HttpContext context) => WriteAsync(context, StatusCodes.Status500InternalServerError, new
    {
        type = "about:blank",
        title = "Internal Server Error",
        status = StatusCodes.Status500InternalServerError,
        detail = "The server failed to process the request. The server log has the details.",
    });

    /// <summary>Writes a problem without a code of its own. Keeps the status of the response.</summary>
    public static Task WriteBareAsync(HttpContext context, string title, string detail) =>
        WriteAsync(context, context.Response.StatusCode, new { type = "about:blank", title, status = context.Response.StatusCode, detail });

    private static Task WriteAsync(HttpContext context, int status, object problem)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(problem, problem.GetType(), Json, ContentType, context.RequestAborted);
    }

    private static string Title(ProblemCode code) => code switch
    {
        ProblemCode.InvalidRequest => "Invalid request",
        ProblemCode.Unauthorized => "Authentication required",
        ProblemCode.Forbidden => "Forbidden",
        ProblemCode.UnknownMeeting => "Unknown meeting",
        ProblemCode.UnknownParticipant => "Unknown participant",
        ProblemCode.UnknownReport => "Unknown report",
        ProblemCode.UnknownCheck => "Unknown network check",
        ProblemCode.MeetingFull => "Meeting full",
        ProblemCode.EncryptionRequired => "Encryption required",
        ProblemCode.NotPublishing => "Nothing published yet",
        ProblemCode.MeetingEnded => "Meeting ended",
        ProblemCode.PayloadTooLarge => "Body too large",
        ProblemCode.UnsupportedMediaType => "Unsupported media type",
        ProblemCode.IdempotencyKeyReused => "Idempotency key reused",
        ProblemCode.QuotaExceeded => "Limit exceeded",
        ProblemCode.NotPlaced => "Meeting not placed yet",
        ProblemCode.MediaNodeUnreachable => "Media node unreachable",
        ProblemCode.CheckUnavailable => "Network check not available",
        _ => "Service unavailable",
    };
}
