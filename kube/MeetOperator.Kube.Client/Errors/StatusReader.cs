using System.Net;
using System.Text.Json;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Client.Errors;

/// <summary>Reads a <see cref="Status"/> from an error response, and creates one if the body is not a Status.</summary>
internal static class StatusReader
{
    private const int ExcerptLength = 200;

    public static async Task<KubeApiException> ReadAsync(HttpResponseMessage response, TimeSpan? retryAfter, CancellationToken ct)
    {
        var body = await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
        return new KubeApiException(Parse(response.StatusCode, body), retryAfter);
    }

    public static Status Parse(HttpStatusCode code, string body)
    {
        try
        {
            var status = JsonSerializer.Deserialize<Status>(body, KubeJson.Options);
            if (status is { Kind: "Status", Outcome: not null })
            {
                status.Code ??= (int)code;
                status.Reason ??= code.ToString();
                return status;
            }
        }
        catch (JsonException)
        {
            // A proxy or load balancer sent the response. Use its text as the message.
        }

        var excerpt = body.Length <= ExcerptLength ? body : body[..ExcerptLength] + "…";
        return new Status
        {
            Outcome = "Failure",
            Code = (int)code,
            Reason = code.ToString(),
            Message = excerpt.Trim().Length == 0 ? null : excerpt.Trim(),
        };
    }
}
