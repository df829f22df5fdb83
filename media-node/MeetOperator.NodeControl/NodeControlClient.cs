using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Security;

namespace MeetOperator.NodeControl;

/// <summary>
/// Client of one media node (<c>docs/node-control.md</c>). Safe for concurrent use. <paramref name="http"/> uses the handler of <see cref="ControlTls.Client"/>; it is
/// shared and not disposed here. <paramref name="host"/> is the DNS name that the node's certificate must contain (<see cref="ControlNames.OfNode"/>). Clients with the
/// same name and address share connections. An error response throws <see cref="NodeControlException"/>; an unreachable node throws
/// <see cref="HttpRequestException"/>. Responses are untrusted: a body longer than <see cref="MaxAnswerBytes"/> throws <see cref="NodeControlException"/>, and
/// one that does not match its type throws <see cref="JsonException"/>.
/// </summary>
public sealed class NodeControlClient(HttpClient http, Uri address, string host)
{
    /// <summary>A report of 10,000 rooms takes about 2.5 MB, an SDP answer less than 400 KB.</summary>
    public const int MaxAnswerBytes = 4 * 1024 * 1024;

    /// <summary>Code of calls for a participant that was removed for good.</summary>
    public const string ParticipantRemoved = "participant-removed";
    private const int MaxProblemBytes = 64 * 1024;

    public Uri Address { get; } = address;

    public Task<NodeReport> GetNodeAsync(CancellationToken ct) => SendAsync<NodeReport>(HttpMethod.Get, "v1/node", null, ct);

    public Task DrainAsync(bool drain, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, "v1/node/drain", new DrainRequest { Drain = drain }, ct);

    /// <summary>Makes a test call on the node. Nodes of earlier versions answer with status 404.</summary>
    public Task<CallReport> CallAsync(CancellationToken ct) => SendAsync<CallReport>(HttpMethod.Post, "v1/node/call", null, ct);

    public Task PutCredentialsAsync(NodeCredentials credentials, CancellationToken ct) => SendAsync(HttpMethod.Put, "v1/node/credentials", credentials, ct);

    /// <summary>Names the relays of the installation. Nodes without <see cref="NodeReport.RelaysRevision"/> answer with status 404.</summary>
    public Task PutRelaysAsync(NodeRelays relays, CancellationToken ct) => SendAsync(HttpMethod.Put, "v1/node/relays", relays, ct);

    public Task<RoomReport> PutRoomAsync(string room, RoomSpec spec, CancellationToken ct) =>
        SendAsync<RoomReport>(HttpMethod.Put, Room(room), spec, ct);

    public Task<RoomReport> GetRoomAsync(string room, CancellationToken ct) => SendAsync<RoomReport>(HttpMethod.Get, Room(room), null, ct);

    /// <summary>Ends a room. With <paramref name="onlyIfEmpty"/>, a room that has participants stays, and the call fails with the code <c>not-empty</c>.</summary>
    public Task DeleteRoomAsync(string room, long generation, CancellationToken ct, bool onlyIfEmpty = false) =>
        SendAsync(HttpMethod.Delete, $"{Room(room)}?generation={generation}{(onlyIfEmpty ? "&onlyIfEmpty=true" : string.Empty)}", null, ct);

    /// <summary>Opens or changes one end of a link. Nodes without <see cref="NodeReport.CanLink"/> answer with status 404.</summary>
    public Task<LinkReport> PutLinkAsync(string room, string link, LinkSpec spec, CancellationToken ct) => SendAsync<LinkReport>(HttpMethod.Put, Link(room, link), spec, ct);

    /// <summary>Closes one end of a link. Succeeds when the link or the room does not exist.</summary>
    public Task DeleteLinkAsync(string room, string link, long generation, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, $"{Link(room, link)}?generation={generation}", null, ct);

    public Task PutParticipantAsync(string room, string participant, ParticipantSpec spec, CancellationToken ct) =>
        SendAsync(HttpMethod.Put, Participant(room, participant), spec, ct);

    /// <summary>Removes a participant. With <paramref name="generation"/>, fails with the code <c>stale-generation</c> when the room has a higher one.</summary>
    public Task DeleteParticipantAsync(string room, string participant, CancellationToken ct, long? generation = null) =>
        SendAsync(HttpMethod.Delete, Participant(room, participant) + (generation is { } known ? $"?generation={known}" : string.Empty), null, ct);

    /// <summary>Removes a participant for good: later calls for it fail with the code <see cref="ParticipantRemoved"/>.</summary>
    public Task ExcludeParticipantAsync(string room, string participant, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, Participant(room, participant) + "?permanent=true", null, ct);

    public Task<SdpAnswer> PublishAsync(string room, string participant, SdpOffer offer, CancellationToken ct) =>
        SendAsync<SdpAnswer>(HttpMethod.Post, $"{Participant(room, participant)}/publish", offer, ct);

    public Task<SubscribeOffer> SubscribeAsync(string room, string participant, SubscribeRequest request, CancellationToken ct) =>
        SendAsync<SubscribeOffer>(HttpMethod.Post, $"{Participant(room, participant)}/subscribe", request, ct);

    public Task AnswerAsync(string room, string participant, SubscribeAnswer answer, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, $"{Participant(room, participant)}/subscribe/answer", answer, ct);

    public Task<SdpAnswer> PlayAsync(string room, string participant, PlayRequest request, CancellationToken ct) =>
        SendAsync<SdpAnswer>(HttpMethod.Post, $"{Participant(room, participant)}/play", request, ct);

    public Task DeleteSessionAsync(string room, string session, CancellationToken ct) =>
        SendAsync(HttpMethod.Delete, $"{Room(room)}/sessions/{Uri.EscapeDataString(session)}", null, ct);

    public Task MuteAsync(string room, string participant, TrackMuteRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Patch, $"{Participant(room, participant)}/tracks", request, ct);

    public Task ViewAsync(string room, string participant, ViewRequest request, CancellationToken ct) =>
        SendAsync(HttpMethod.Put, $"{Participant(room, participant)}/view", request, ct);

    /// <summary>Reads the room's events until the room ends, the connection ends, or <paramref name="ct"/> is cancelled.</summary>
    public async IAsyncEnumerable<RoomEvent> WatchRoomAsync(string room, [EnumeratorCancellation] CancellationToken ct)
    {
        using var request = Request(HttpMethod.Get, $"{Room(room)}/events", null);
        request.Headers.ConnectionClose = true; // so that no later request uses the connection
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        await ThrowIfErrorAsync(response, ct).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await foreach (var line in BoundedLines.ReadAsync(stream, MaxAnswerBytes, ct).ConfigureAwait(false))
        {
            if (line.AsSpan().Trim("\r"u8).Length > 0 && JsonSerializer.Deserialize<RoomEvent>(line, NodeControlJson.Options) is { } roomEvent)
            {
                yield return roomEvent;
            }
        }
    }

    /// <summary>Tells the node which assignment of its slots the client has applied. Nodes of earlier versions have no slots.</summary>
    public Task ConfirmSlotsAsync(string room, string participant, SlotsConfirmation confirmation, CancellationToken ct) =>
        SendAsync(HttpMethod.Put, $"{Participant(room, participant)}/slots", confirmation, ct);

    /// <summary>
    /// Opens the tunnel of a session that was opened for one: binary messages are pieces of a stream of framed packets, text messages the number of bytes received so far (<c>docs/node-control.md</c>).
    /// The caller disposes the result. The node limits the tunnels of <paramref name="tenant"/>, if it is named.
    /// </summary>
    public async Task<WebSocket> OpenTunnelAsync(string room, string participant, string session, CancellationToken ct, string? tenant = null)
    {
        var path = $"{Participant(room, participant)}/sessions/{Uri.EscapeDataString(session)}/tunnel{(tenant is null ? string.Empty : $"?tenant={Uri.EscapeDataString(tenant)}")}";
        var address = new UriBuilder(new Uri(Address, path)) { Scheme = Address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs };
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", host);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(address.Uri, http, ct).ConfigureAwait(false);
            return socket;
        }
        catch (WebSocketException e)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            throw status == 0
                ? new HttpRequestException("The media node is unreachable.", e)
                : new NodeControlException(status, "refused", $"The media node responded with status {(int)status}.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Opens a network check. Nodes of earlier versions answer with status 404.</summary>
    public Task<NetworkCheckReport> OpenCheckAsync(NetworkCheckSpec spec, CancellationToken ct) => SendAsync<NetworkCheckReport>(HttpMethod.Post, "v1/checks", spec, ct);

    /// <summary>Ends a network check. Fails with the code <c>unknown-check</c> when it has ended already.</summary>
    public Task EndCheckAsync(string check, CancellationToken ct) => SendAsync(HttpMethod.Delete, $"v1/checks/{Uri.EscapeDataString(check)}", null, ct);

    private static string Room(string room) => $"v1/rooms/{Uri.EscapeDataString(room)}";

    private static string Link(string room, string link) => $"{Room(room)}/links/{Uri.EscapeDataString(link)}";

    private static string Participant(string room, string participant) =>
        $"{Room(room)}/participants/{Uri.EscapeDataString(participant)}";

    private HttpRequestMessage Request(HttpMethod method, string path, object? body)
    {
        var request = new HttpRequestMessage(method, new Uri(Address, path));
        request.Headers.Host = host;
        if (body is not null)
        {
            request.Content = JsonContent.Create(body, body.GetType(), options: NodeControlJson.Options);
        }

        return request;
    }

    private async Task SendAsync(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = Request(method, path, body);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        await ThrowIfErrorAsync(response, ct).ConfigureAwait(false);
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken ct)
    {
        using var request = Request(method, path, body);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        await ThrowIfErrorAsync(response, ct).ConfigureAwait(false);
        var answer = await BoundedBody.ReadAsync(response.Content, MaxAnswerBytes, ct).ConfigureAwait(false)
            ?? throw new NodeControlException(HttpStatusCode.BadGateway, "answer-too-large", $"The response to {method} {path} is larger than {MaxAnswerBytes / 1024 / 1024} MiB.");
        return JsonSerializer.Deserialize<T>(answer.Span, NodeControlJson.Options)
            ?? throw new NodeControlException(HttpStatusCode.BadGateway, "empty-answer", $"The response to {method} {path} is null.");
    }

    private static async Task ThrowIfErrorAsync(HttpResponseMessage response, CancellationToken ct)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        var code = response.StatusCode == HttpStatusCode.Unauthorized ? "unauthorized" : "refused";
        var detail = $"The media node responded with status {(int)response.StatusCode}.";
        try
        {
            var body = await BoundedBody.ReadAsync(response.Content, MaxProblemBytes, ct).ConfigureAwait(false);
            using var problem = JsonDocument.Parse(body ?? ReadOnlyMemory<byte>.Empty);
            code = Text(problem.RootElement, "type")?.Split(':')[^1] ?? code;
            detail = Text(problem.RootElement, "detail") ?? detail;
        }
        catch (JsonException)
        {
            // The body is not a problem document, so only the status code is known.
        }

        throw new NodeControlException(response.StatusCode, code, detail);
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
