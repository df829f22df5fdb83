using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.NetworkChecks;
using MeetOperator.Signaling.ProblemReports;
using MeetOperator.Signaling.Surveys;
using MeetOperator.Signaling.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.Signaling.Hosting;

/// <summary>Maps all routes. The OpenAPI document is generated from their metadata.</summary>
internal static class Routes
{
    private const string Json = "application/json";
    private const string Sdp = "application/sdp";

    public static void Map(WebApplication app)
    {
        var meetings = app.MapGroup("/meetings").WithTags("meetings");
        ProducesProblems(
            meetings.MapPost("/", (HttpRequest request, MeetingEndpoints endpoints, CancellationToken ct) => endpoints.CreateAsync(request, ct))
                .WithName("createMeeting").WithSummary("Create a meeting").WithDescription("Requires a tenant's API key. An embedded installation also accepts any caller on the same machine.")
                .Accepts<CreateMeetingRequest>(Json).Produces<CreateMeetingResponse>(StatusCodes.Status201Created),
            400, 401, 403, 413, 415, 422, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}", GetAsync)
                .WithName("getMeeting").WithSummary("Get a meeting, or open its WebSocket with an Upgrade header")
                .Produces<MeetingResponse>(),
            401, 403, 404, 410, 429, 503);
        ProducesProblems(
            meetings.MapDelete("/{id}", (HttpRequest request, string id, MeetingEndpoints endpoints, CancellationToken ct) => endpoints.EndAsync(request, id, ct))
                .WithName("endMeeting").WithSummary("End a meeting for all participants").WithDescription("Requires the host token.")
                .Produces<SuccessResponse>(),
            401, 403, 429, 503);
        ProducesProblems(
            meetings.MapPost("/{id}/join", (HttpRequest request, string id, JoinEndpoint endpoint, CancellationToken ct) => endpoint.JoinAsync(request, id, ct))
                .WithName("joinMeeting").WithSummary("Join a meeting").WithDescription("A host token is required to join as host. With a ticket in the body, the same participant rejoins.")
                .Accepts<JoinRequest>(Json).Produces<JoinResponse>(),
            400, 401, 403, 404, 409, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}/messages", (HttpRequest request, string id, string? after, ChatEndpoint endpoint, CancellationToken ct) => endpoint.ListAsync(request, id, after, ct))
                .WithName("listMessages").WithSummary("List stored chat messages, oldest first").WithDescription("Requires the ticket.")
                .Produces<MessagesResponse>(),
            400, 401, 403, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}/quality", (HttpRequest request, string id, string? after, QualityEndpoint endpoint, CancellationToken ct) => endpoint.ListAsync(request, id, after, ct))
                .WithName("listQuality").WithSummary("List what participants report about their lines and the tracks that they receive, also after the meeting")
                .WithDescription("Requires the host token or an API key of the tenant.")
                .Produces<QualityResponse>(),
            400, 401, 403, 404, 429, 503);
        MapSurvey(meetings);
        MapDiagnostics(meetings);
        MapChecks(meetings);
        MapHost(meetings);
        MapMedia(meetings);
        MapTunnel(meetings);
        MapOperations(app);
    }

    private static void MapSurvey(RouteGroupBuilder meetings)
    {
        ProducesProblems(
            meetings.MapPut("/{id}/survey", (HttpRequest request, string id, SurveyEndpoint endpoint, CancellationToken ct) => endpoint.AnswerAsync(request, id, ct))
                .WithName("answerSurvey").WithSummary("Say how the call was, also shortly after the meeting. A later answer replaces the earlier one")
                .WithDescription("Requires the ticket, and a tenant that asks for it.")
                .Accepts<SurveyRequest>(Json).Produces(StatusCodes.Status204NoContent),
            400, 401, 403, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}/quality/survey", (HttpRequest request, string id, string? after, SurveyEndpoint endpoint, CancellationToken ct) => endpoint.ListAsync(request, id, after, ct))
                .WithName("listSurvey").WithSummary("List how participants found the call, also after the meeting").WithDescription("Requires the host token or an API key of the tenant.")
                .Produces<SurveyResponse>(),
            400, 401, 403, 404, 429, 503);
    }

    private static void MapDiagnostics(RouteGroupBuilder meetings)
    {
        ProducesProblems(
            meetings.MapPost("/{id}/diagnostics", (HttpRequest request, string id, DiagnosticsEndpoint endpoint, CancellationToken ct) => endpoint.SendAsync(request, id, ct))
                .WithName("sendDiagnostics").WithSummary("Report a problem, with the statistics of the last two minutes").WithDescription("Requires the ticket, and that the person has seen the report and agreed.")
                .Accepts<DiagnosticsRequest>(Json).Produces<StoredReportResponse>(StatusCodes.Status201Created),
            400, 401, 403, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}/diagnostics", (HttpRequest request, string id, DiagnosticsEndpoint endpoint, CancellationToken ct) => endpoint.ListAsync(request, id, ct))
                .WithName("listDiagnostics").WithSummary("List what participants reported about problems, also after the meeting").WithDescription("Requires the host token or an API key of the tenant.")
                .Produces<DiagnosticsResponse>(),
            401, 403, 404, 429, 503);
        ProducesProblems(
            meetings.MapGet("/{id}/diagnostics/{reportId}", (HttpRequest request, string id, string reportId, DiagnosticsEndpoint endpoint, CancellationToken ct) =>
                    endpoint.GetAsync(request, id, reportId, ct))
                .WithName("getDiagnostics").WithSummary("Get a report about a problem with its statistics").WithDescription("Requires the host token or an API key of the tenant.")
                .Produces<DiagnosticResponse>(),
            401, 403, 404, 429, 503);
    }

    private static void MapChecks(RouteGroupBuilder meetings)
    {
        ProducesProblems(
            meetings.MapPost("/{id}/checks", (HttpRequest request, string id, NetworkCheckEndpoint endpoint, CancellationToken ct) => endpoint.OpenAsync(request, id, ct))
                .WithName("openCheck").WithSummary("Open a network check: find out which ways lead to the media node of the meeting, without joining")
                .Accepts<NetworkCheckRequest>(Json).Produces<NetworkCheckResponse>(StatusCodes.Status201Created),
            400, 401, 403, 404, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapPost("/{id}/checks/{checkId}/connections/{name}", (HttpRequest request, string id, string checkId, string name, NetworkCheckEndpoint endpoint, CancellationToken ct) =>
                    endpoint.ConnectAsync(request, id, checkId, name, ct))
                .WithName("connectCheck").WithSummary("Open a connection of a network check, which sends").WithDescription("Only for the address that opened the check.")
                .Accepts<CheckConnection>(Json).Produces<CheckConnection>(),
            400, 404, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapPost("/{id}/checks/{checkId}/echo/{name}", (HttpRequest request, string id, string checkId, string name, NetworkCheckEndpoint endpoint, CancellationToken ct) =>
                    endpoint.EchoAsync(request, id, checkId, name, ct))
                .WithName("echoCheck").WithSummary("Receive what a connection of a network check sends").WithDescription("Only for the address that opened the check.")
                .Accepts<CheckConnection>(Json).Produces<CheckConnection>(),
            400, 404, 409, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapPut("/{id}/checks/{checkId}/result", (HttpRequest request, string id, string checkId, NetworkCheckEndpoint endpoint, CancellationToken ct) =>
                    endpoint.EndAsync(request, id, checkId, ct))
                .WithName("endCheck").WithSummary("Say which ways got through, and end the network check").WithDescription("Only for the address that opened the check.")
                .Accepts<NetworkCheckResult>(Json).Produces(StatusCodes.Status204NoContent),
            400, 404, 410, 413, 415, 429, 503);
    }

    private static void MapHost(RouteGroupBuilder meetings)
    {
        ProducesProblems(
            meetings.MapDelete("/{id}/participants/{participantId}", (HttpRequest request, string id, string participantId, HostEndpoints endpoints, CancellationToken ct) =>
                    endpoints.RemoveAsync(request, id, participantId, ct))
                .WithName("removeParticipant").WithSummary("Remove a participant").WithDescription("Requires the host token.")
                .Produces(StatusCodes.Status204NoContent),
            401, 403, 404, 410, 429, 503);
        ProducesProblems(
            meetings.MapPost("/{id}/participants/{participantId}/mute", (HttpRequest request, string id, string participantId, HostEndpoints endpoints, CancellationToken ct) =>
                    endpoints.MuteAsync(request, id, participantId, ct))
                .WithName("muteParticipant").WithSummary("Mute a participant for everyone in the meeting").WithDescription("Requires the host token.")
                .Accepts<MuteRequest>(Json).Produces(StatusCodes.Status204NoContent),
            400, 401, 403, 404, 410, 413, 415, 429, 503);
    }

    private static void MapMedia(RouteGroupBuilder meetings)
    {
        ProducesProblems(
            meetings.MapPost("/{id}/whip", (HttpRequest request, string id, WhipEndpoints endpoints, CancellationToken ct) => endpoints.PublishAsync(request, id, ct))
                .WithName("publishByWhip").WithSummary("Publish media (WHIP, RFC 9725)").WithDescription("Requires the ticket. Returns an SDP answer and the Location of the session.")
                .Accepts<string>(Sdp).Produces<string>(StatusCodes.Status201Created, Sdp),
            400, 401, 403, 404, 409, 410, 413, 415, 429, 503);
        ProducesProblems(
            meetings.MapPost("/{id}/whep", (HttpRequest request, string id, string? participant, WhipEndpoints endpoints, CancellationToken ct) =>
                    endpoints.PlayAsync(request, id, participant, ct))
                .WithName("playByWhep").WithSummary("Play media (WHEP)").WithDescription("Requires the ticket. Without 'participant', plays the tracks of all participants.")
                .Accepts<string>(Sdp).Produces<string>(StatusCodes.Status201Created, Sdp),
            400, 401, 403, 404, 409, 410, 413, 415, 429, 503);
        foreach (var kind in new[] { "whip", "whep" })
        {
            ProducesProblems(
                meetings.MapDelete($"/{{id}}/{kind}/{{session}}", (HttpRequest request, string id, string session, WhipEndpoints endpoints, CancellationToken ct) =>
                        endpoints.CloseAsync(request, id, session, ct))
                    .WithName(kind == "whip" ? "closeWhip" : "closeWhep").WithSummary("End a media session").WithDescription("Requires the ticket.")
                    .Produces(StatusCodes.Status204NoContent),
                401, 403, 429, 503);
        }
    }

    private static void MapTunnel(RouteGroupBuilder meetings) => ProducesProblems(
        meetings.MapGet("/{id}/tunnel", async (HttpContext context, string id, string? session, string? check, TunnelEndpoint endpoint, CheckTunnelEndpoint checks) =>
            {
                await (check is null ? endpoint.RunAsync(context, id, session) : checks.RunAsync(context, id, check)).ConfigureAwait(false);
                return Results.Empty;
            })
            .WithName("openTunnel").WithSummary("Open the tunnel of a media session, or of a network check, with an Upgrade header")
            .WithDescription("The tenant must allow tunnels. The tunnel of a session takes the ticket as a subprotocol; that of a network check ('check') must come from the address that opened the check.")
            .Produces(StatusCodes.Status101SwitchingProtocols),
        400, 401, 403, 404, 410, 429, 503);

    private static void MapOperations(WebApplication app)
    {
        app.MapGet("/healthz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Live, ct))
            .WithName("health").WithTags("operations").Produces<string>(StatusCodes.Status200OK, "text/plain");
        app.MapGet("/readyz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Ready, ct))
            .WithName("ready").WithTags("operations").Produces<string>(StatusCodes.Status200OK, "text/plain");
        app.MapGet("/openapi/v1.json", (OpenApiDocumentation documentation, CancellationToken ct) => documentation.AnswerAsync(ct)).ExcludeFromDescription();
    }

    private static Task<IResult> GetAsync(HttpContext context, string id, MeetingEndpoints endpoints, WebSocketEndpoint sockets, CancellationToken ct) =>
        context.WebSockets.IsWebSocketRequest ? OpenSocketAsync(context, id, sockets) : endpoints.GetAsync(context.Request, id, ct);

    private static async Task<IResult> OpenSocketAsync(HttpContext context, string id, WebSocketEndpoint sockets)
    {
        await sockets.RunAsync(context, id).ConfigureAwait(false);
        return Results.Empty;
    }

    private static void ProducesProblems(RouteHandlerBuilder route, params int[] statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ProblemDetails>(status, Problems.ContentType);
        }
    }
}
