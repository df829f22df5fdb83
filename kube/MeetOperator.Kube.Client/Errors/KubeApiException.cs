using MeetOperator.Kube.Lists;

namespace MeetOperator.Kube.Client.Errors;

/// <summary>The API server returned an error; carries its <see cref="MeetOperator.Kube.Lists.Status"/>.</summary>
public sealed class KubeApiException : Exception
{
    public KubeApiException(Status status, TimeSpan? retryAfter = null)
        : base(Describe(status))
    {
        Status = status;
        RetryAfter = retryAfter;
    }

    public Status Status { get; }

    /// <summary>The delay from the Retry-After header, or null.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The HTTP status code.</summary>
    public int Code => Status.Code ?? 0;

    public bool IsNotFound => Code == 404;

    public bool IsUnauthorized => Code == 401;

    public bool IsForbidden => Code == 403;

    /// <summary>The object has changed, or another manager owns the fields: read the object again and retry.</summary>
    public bool IsConflict => Code == 409 && Status.Reason != "AlreadyExists";

    public bool IsAlreadyExists => Code == 409 && Status.Reason == "AlreadyExists";

    /// <summary>The resourceVersion or continue token has expired: list again.</summary>
    public bool IsGone => Code == 410 || Status.Reason is "Expired" or "Gone";

    public bool IsInvalid => Code == 422;

    public bool IsTooManyRequests => Code == 429;

    private static string Describe(Status status)
    {
        var message = string.IsNullOrEmpty(status.Message) ? "the server sent no message" : status.Message;
        return $"{status.Reason ?? "Error"} ({status.Code}): {message}";
    }
}
