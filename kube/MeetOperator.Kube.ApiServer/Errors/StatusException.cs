using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Http;

namespace MeetOperator.Kube.ApiServer.Errors;

/// <summary>Ends a request with a metav1.Status error, which <see cref="RequestRouter"/> writes as the response.</summary>
internal sealed class StatusException(int code, string reason, string message, JsonObject? details = null, string? retryAfter = null, string? continueToken = null) : Exception(message)
{
    public int Code { get; } = code;
    public string Reason { get; } = reason;
    public JsonObject? Details { get; } = details;

    /// <summary>Seconds for a Retry-After header, or null.</summary>
    public string? RetryAfter { get; } = retryAfter;

    public JsonObject ToStatus()
    {
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = continueToken is null ? [] : new JsonObject { ["continue"] = continueToken },
            ["status"] = "Failure",
            ["message"] = Message,
        };
        if (Reason.Length > 0)
        {
            status["reason"] = Reason;
        }

        if (Details is not null)
        {
            status["details"] = Details.DeepClone();
        }

        status["code"] = Code;
        return status;
    }
}
