using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace MeetOperator.Probe;

/// <summary>
/// A client of signaling's public HTTP API. Retries until the deadline, because a new API key, a meeting without an assignment or a starting server is not ready
/// at once.
/// </summary>
internal sealed class MeetingApi(HttpClient http, ProbeOptions options, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly long _started = time.GetTimestamp();

    /// <summary>Time until the deadline for setting up the call. Negative when it has passed.</summary>
    public TimeSpan TimeLeft => options.Timeout - time.GetElapsedTime(_started);

    public async Task<(string Id, string HostToken)> CreateMeetingAsync(CancellationToken ct)
    {
        var answer = await JsonAsync("create the meeting", "meetings", options.ApiKey, new { title = "Probe" }, ct).ConfigureAwait(false);
        return (Text(answer, "meetingId"), Text(answer, "hostToken"));
    }

    public async Task<(string Id, string Ticket)> JoinAsync(string meeting, string name, CancellationToken ct)
    {
        var answer = await JsonAsync($"join as {name}", $"meetings/{meeting}/join", null, new { displayName = name }, ct).ConfigureAwait(false);
        return (Text(answer, "participantId"), Text(answer, "ticket"));
    }

    /// <summary>Opens a WHIP or WHEP session. Returns the SDP answer and the URL that ends the session.</summary>
    public async Task<(string Sdp, Uri? Session)> OpenAsync(string step, string path, string ticket, string offer, CancellationToken ct)
    {
        using var answer = await SendAsync(step, path, ticket, () => new StringContent(offer, new MediaTypeHeaderValue("application/sdp")), ct).ConfigureAwait(false);
        return (await answer.Content.ReadAsStringAsync(ct).ConfigureAwait(false), answer.Headers.Location);
    }

    /// <summary>Deletes a session or the meeting. Error responses are ignored, because it may have ended already.</summary>
    public async Task DeleteAsync(Uri? resource, string token, CancellationToken ct)
    {
        if (resource is not null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri(options.Url, resource)) { Headers = { Authorization = new("Bearer", token) } };
            using var answer = await http.SendAsync(request, ct).ConfigureAwait(false);
        }
    }

    private async Task<JsonElement> JsonAsync(string step, string path, string? token, object body, CancellationToken ct)
    {
        using var answer = await SendAsync(step, path, token, () => JsonContent.Create(body), ct).ConfigureAwait(false);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(ct).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(string step, string path, string? token, Func<HttpContent> content, CancellationToken ct)
    {
        while (true)
        {
            var (answer, problem) = await TryAsync(path, token, content, ct).ConfigureAwait(false);
            if (answer is not null)
            {
                return answer;
            }

            if (TimeLeft <= Pause)
            {
                throw new ProbeException($"{step}: POST {new Uri(options.Url, path)}: {problem} (retried for {options.Timeout.TotalSeconds:0} s)");
            }

            await Task.Delay(Pause, time, ct).ConfigureAwait(false);
        }
    }

    private async Task<(HttpResponseMessage? Answer, string Problem)> TryAsync(string path, string? token, Func<HttpContent> content, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeLeft > Pause ? TimeLeft : Pause);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Url, path)) { Content = content() };
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        try
        {
            var answer = await http.SendAsync(request, limit.Token).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK)
            {
                return (answer, "");
            }

            using (answer)
            {
                var problem = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(limit.Token).ConfigureAwait(false)}";

                // Other statuses can be transient while the installation starts, so they are retried.
                return answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.RequestEntityTooLarge
                    ? throw new ProbeException($"POST {request.RequestUri}: {problem}")
                    : (null, problem);
            }
        }
        catch (HttpRequestException e)
        {
            return (null, e.Message);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, "no response");
        }
    }

    private static string Text(JsonElement answer, string name) => answer.TryGetProperty(name, out var value) && value.GetString() is { } text
        ? text
        : throw new ProbeException($"the response has no field '{name}'; check that --url is the address of signaling");
}
