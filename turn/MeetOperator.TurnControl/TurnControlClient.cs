using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.TurnControl;

/// <summary>
/// Client of one relay. <paramref name="http"/> uses the handler of <see cref="ControlTls.Client"/>; it is shared and not disposed here. <paramref name="host"/> is the DNS name that
/// the relay's certificate must contain. An error response throws <see cref="NodeControlException"/>, an unreachable relay <see cref="HttpRequestException"/>.
/// </summary>
public sealed class TurnControlClient(HttpClient http, Uri address, string host)
{
    private const int MaxAnswerBytes = 64 * 1024;

    /// <summary>Gives the relay its state, also when it is unchanged, and returns its report.</summary>
    public async Task<TurnReport> PutStateAsync(TurnState state, CancellationToken ct)
    {
        using var response = await SendAsync("v1/turn", state, ct).ConfigureAwait(false);
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, ct).ConfigureAwait(false); // throws when the response is larger
        var answer = await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false);
        return JsonSerializer.Deserialize<TurnReport>(answer, NodeControlJson.Options)
            ?? throw new NodeControlException(HttpStatusCode.BadGateway, "empty-answer", "The response of the relay is null.");
    }

    public async Task PutCredentialsAsync(NodeCredentials credentials, CancellationToken ct)
    {
        using var response = await SendAsync("v1/turn/credentials", credentials, ct).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, object body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(address, path)) { Content = JsonContent.Create(body, body.GetType(), options: NodeControlJson.Options) };
        request.Headers.Host = host;
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw response.StatusCode == HttpStatusCode.Unauthorized
                ? new NodeControlException(response.StatusCode, "unauthorized", "The relay refuses the certificate of this client.")
                : new NodeControlException(response.StatusCode, "refused", await ReadReasonAsync(response, ct).ConfigureAwait(false));
        }
    }

    /// <summary>The reason in a problem (RFC 9457).</summary>
    private static async Task<string> ReadReasonAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, ct).ConfigureAwait(false);
            using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct).ConfigureAwait(false));
            if (problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String)
            {
                return $"The relay refused the request: {detail.GetString()}";
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or HttpRequestException)
        {
            // The status says enough.
        }

        return $"The relay responded with status {(int)response.StatusCode}.";
    }
}
