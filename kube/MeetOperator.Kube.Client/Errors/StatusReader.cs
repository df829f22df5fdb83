using System.Net;
using System.Text;
using System.Text.Json;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Client.Errors;

/// <summary>Reads a <see cref="Status"/> from an error response, and creates one if the body is not a Status.</summary>
internal static class StatusReader
{
    private const int ExcerptLength = 200;
    private const int MaxBytes = 1 << 20;

    /// <summary>The error in a response. If its body is too long, or does not arrive in time, the part that arrived counts: the server has answered.</summary>
    /// <param name="response">A response without success.</param>
    /// <param name="retryAfter">The delay from its header.</param>
    /// <param name="timeout">Canceled when the body must have arrived.</param>
    /// <param name="ct">Cancels the request.</param>
    public static async Task<KubeApiException> ReadAsync(HttpResponseMessage response, TimeSpan? retryAfter, CancellationToken timeout, CancellationToken ct)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout, ct);
        using var body = new MemoryStream();
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(linked.Token).ConfigureAwait(false);
            var buffer = new byte[16 * 1024];
            for (int read; body.Length < MaxBytes && (read = await stream.ReadAsync(buffer, linked.Token).ConfigureAwait(false)) > 0;)
            {
                body.Write(buffer, 0, read);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            // The rest is missing.
        }

        return new KubeApiException(Parse(response.StatusCode, Encoding.UTF8.GetString(body.GetBuffer(), 0, (int)body.Length)), retryAfter);
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
