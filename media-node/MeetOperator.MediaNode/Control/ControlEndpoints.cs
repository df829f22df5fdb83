using System.Globalization;
using System.Net;
using MeetOperator.MediaNode.Checks;
using MeetOperator.MediaNode.Credentials;
using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Tracks;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Security;
using MeetOperator.Sdp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MeetOperator.MediaNode.Control;

/// <summary>The HTTP endpoints of the control API (<c>docs/node-control.md</c>).</summary>
internal static class ControlEndpoints
{
    private const int MaxIdCharacters = 128;
    private const string Participant = "/rooms/{room}/participants/{participant}";

    public static void Map(WebApplication app, MediaNodeHost node, ControlCredentialStore credentials)
    {
        app.MapGet("/healthz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Live, ct));
        app.MapGet("/readyz", (HealthCheckService checks, CancellationToken ct) => ProbeAnswer.OfAsync(checks, ProbeAnswer.Ready, ct));
        MapMetrics(app, node).AddEndpointFilter(credentials.RequireRole(ControlRole.Metrics, ControlRole.Operator));

        var byOperator = app.MapGroup("/v1").AddEndpointFilter(credentials.RequireRole(ControlRole.Operator));
        var bySignaling = app.MapGroup("/v1").AddEndpointFilter(credentials.RequireRole(ControlRole.Signaling));
        var byBoth = app.MapGroup("/v1").AddEndpointFilter(credentials.RequireRole(ControlRole.Operator, ControlRole.Signaling));

        byOperator.MapGet("/node", async (HttpContext c) =>
        {
            node.Terms.Observe(c);
            await ControlJson.WriteAsync(c, 200, (await node.ReportAsync(c.RequestAborted)).Report);
        });
        byOperator.MapPost("/node/drain", async (HttpContext c) =>
        {
            var drain = (await ControlJson.ReadAsync<DrainRequest>(c)).Drain;
            node.Terms.EnsureCurrent(c);
            node.Rooms.IsDrainRequested = drain;
            c.Response.StatusCode = StatusCodes.Status204NoContent;
        });
        byOperator.MapPost("/node/call", async (HttpContext c) =>
        {
            node.Terms.EnsureCurrent(c);
            await ControlJson.WriteAsync(c, 200, await node.CallAsync(c.RequestAborted));
        });
        byOperator.MapPut("/node/relays", async (HttpContext c) =>
        {
            var relays = await ControlJson.ReadAsync<NodeRelays>(c);
            node.Terms.EnsureCurrent(c);
            await node.Rooms.ReplaceRelaysAsync(relays, c.RequestAborted);
            return Results.NoContent();
        });
        byOperator.MapPut("/node/credentials", async (HttpContext c) =>
        {
            var offered = await ControlJson.ReadAsync<NodeCredentials>(c);
            node.Terms.EnsureCurrent(c);
            credentials.Replace(offered, c);
            return Results.NoContent();
        });
        MapRooms(byOperator, node.Rooms, node.Terms);
        MapLinks(byOperator, node.Rooms, node.Terms);
        byBoth.MapGet("/rooms/{room}", async (string room, HttpContext c) =>
            await ControlJson.WriteAsync(c, 200, await node.Rooms.ReportAsync(room, c.RequestAborted)));
        MapChecks(bySignaling, node);
        MapParticipants(bySignaling, node.Rooms, node.Sdp, node.Checks, c => credentials.IsAuthorized(c, ControlRole.Signaling));
        bySignaling.MapGet(Participant + "/sessions/{session}/tunnel", (string room, string participant, string session, string? tenant, HttpContext c) =>
            node.Tunnels.RunAsync(c, room, participant, session, tenant, () => credentials.IsAuthorized(c, ControlRole.Signaling)));
    }

    private static RouteHandlerBuilder MapMetrics(WebApplication app, MediaNodeHost node)
    {
        var page = new MetricsPage(
            async () =>
            {
                var (report, loops) = await node.ReportAsync(CancellationToken.None);
                return MetricsWriter.Write(report, loops, node.Streams, node.Tunnels.Counters);
            },
            app.Services.GetRequiredService<TimeProvider>());
        return app.MapGet("/metrics", async (CancellationToken ct) => Results.Text(await page.ReadAsync().WaitAsync(ct), MetricsWriter.ContentType));
    }

    private static void MapRooms(RouteGroupBuilder v1, RoomDirectory rooms, TermFence terms)
    {
        v1.MapPut("/rooms/{room}", async (string room, HttpContext c) =>
        {
            var spec = await ControlJson.ReadAsync<RoomSpec>(c);
            terms.EnsureCurrent(c);
            var (report, created) = await rooms.PutAsync(Id(room, "room"), spec, c.RequestAborted);
            await ControlJson.WriteAsync(c, created ? 201 : 200, report);
        });
        v1.MapDelete("/rooms/{room}", async (string room, string? generation, bool? onlyIfEmpty, HttpContext c) =>
        {
            var number = Generation(generation);
            terms.EnsureCurrent(c);
            await rooms.DeleteAsync(room, number, "deleted", c.RequestAborted, onlyIfEmpty ?? false);
            return Results.NoContent();
        });
    }

    private static void MapLinks(RouteGroupBuilder v1, RoomDirectory rooms, TermFence terms)
    {
        v1.MapPut("/rooms/{room}/links/{link}", async (string room, string link, HttpContext c) =>
        {
            var spec = await ControlJson.ReadAsync<LinkSpec>(c);
            terms.EnsureCurrent(c);
            if (LinkSpecRules.FindProblem(link, spec) is { } problem)
            {
                throw ControlProblemException.InvalidLink(problem);
            }

            var (report, created) = await rooms.RunAsync(room, r => r.PutLink(link, spec), c.RequestAborted);
            await ControlJson.WriteAsync(c, created ? 201 : 200, report);
        });
        v1.MapDelete("/rooms/{room}/links/{link}", async (string room, string link, string? generation, HttpContext c) =>
        {
            var number = Generation(generation);
            terms.EnsureCurrent(c);
            await rooms.DeleteLinkAsync(room, link, number, c.RequestAborted);
            return Results.NoContent();
        });
    }

    private static void MapChecks(RouteGroupBuilder v1, MediaNodeHost node)
    {
        v1.MapPost("/checks", async (HttpContext c) =>
        {
            var spec = await ControlJson.ReadAsync<NetworkCheckSpec>(c);
            var check = await node.Checks.OpenAsync(spec, node.IsReady);
            await ControlJson.WriteAsync(c, 201, check with { Addresses = [.. node.Options.AdvertisedAddresses.Select(a => a.ToString())], TcpPort = node.TcpPort });
        });
        v1.MapDelete("/checks/{check}", (string check) => NoContentAsync(node.Checks.EndAsync(check)));
    }

    /// <param name="v1">The group of paths.</param>
    /// <param name="rooms">The rooms of the node.</param>
    /// <param name="sdp">Answers offers and reads answers.</param>
    /// <param name="checks">The network checks of the node.</param>
    /// <param name="mayWatch">Whether a client may still read the events of a room.</param>
    internal static void MapParticipants(RouteGroupBuilder v1, RoomDirectory rooms, SdpExchange sdp, NetworkChecks checks, Func<HttpContext, bool> mayWatch)
    {
        v1.MapGet("/rooms/{room}/events", (string room, HttpContext c) => RoomEventStream.WriteAsync(c, rooms, room, () => mayWatch(c)));
        v1.MapDelete("/rooms/{room}/sessions/{session}", (string room, string session, HttpContext c) =>
            NoContentAsync(rooms.RunOnAllAsync(room, r => r.EndSession(session), c.RequestAborted)));
        v1.MapPut(Participant, async (string room, string participant, HttpContext c) =>
        {
            var spec = await ControlJson.ReadAsync<ParticipantSpec>(c);
            return await NoContentAsync(rooms, c, room, Id(participant, "participant"), r => r.Touch(participant, spec.Generation, Region(spec)), spec.Generation);
        });
        v1.MapDelete(Participant, (string room, string participant, string? generation, bool? permanent, HttpContext c) =>
        {
            long? number = generation is null ? null : Generation(generation);
            return NoContentAsync(rooms.RemoveParticipantAsync(room, Id(participant, "participant"), number, permanent ?? false, c.RequestAborted));
        });
        v1.MapPost(Participant + "/publish", async (string room, string participant, HttpContext c) =>
        {
            var offer = CheckSize(await ControlJson.ReadAsync<SdpOffer>(c), o => o.Sdp);
            await ControlJson.WriteAsync(c, 200, await sdp.PublishAsync(room, Id(participant, "participant"), offer, c.RequestAborted));
        });
        v1.MapPost(Participant + "/subscribe", async (string room, string participant, HttpContext c) =>
        {
            var request = await ControlJson.ReadAsync<SubscribeRequest>(c);
            await ControlJson.WriteAsync(c, 200, await sdp.SubscribeAsync(room, Id(participant, "participant"), request, c.RequestAborted));
        });
        v1.MapPost(Participant + "/subscribe/answer", async (string room, string participant, HttpContext c) =>
        {
            var answer = CheckSize(await ControlJson.ReadAsync<SubscribeAnswer>(c), a => a.Sdp);
            await sdp.AnswerAsync(room, participant, answer, c.RequestAborted);
            return Results.NoContent();
        });
        v1.MapPost(Participant + "/play", async (string room, string participant, HttpContext c) =>
        {
            var request = CheckSize(await ControlJson.ReadAsync<PlayRequest>(c), p => p.Sdp);
            var answer = await sdp.PlayAsync(room, Id(participant, "participant"), request, c.RequestAborted);
            checks.OnPlayed(room);
            await ControlJson.WriteAsync(c, 200, answer);
        });
        v1.MapPut(Participant + "/view", async (string room, string participant, HttpContext c) =>
        {
            var views = ParticipantViews.Read(await ControlJson.ReadAsync<ViewRequest>(c));
            return await NoContentAsync(rooms, c, room, participant, r => r.View(participant, views));
        });
        v1.MapPut(Participant + "/slots", async (string room, string participant, HttpContext c) =>
        {
            var confirmation = await ControlJson.ReadAsync<SlotsConfirmation>(c);
            return await NoContentAsync(rooms, c, room, participant, r => r.ConfirmSlots(participant, confirmation));
        });
        v1.MapPatch(Participant + "/tracks", async (string room, string participant, HttpContext c) =>
        {
            var request = await ControlJson.ReadAsync<TrackMuteRequest>(c);
            return await NoContentAsync(rooms, c, room, participant, r => r.Mute(participant, request.Muted));
        });
    }

    /// <summary>Runs work on the part of the room where the participant is.</summary>
    private static Task<IResult> NoContentAsync(RoomDirectory rooms, HttpContext context, string room, string participant, Action<NodeRoom> work, long? joins = null) =>
        NoContentAsync(rooms.RunAsync(
            room,
            participant,
            joins,
            r =>
            {
                work(r);
                return true;
            },
            context.RequestAborted));

    private static async Task<IResult> NoContentAsync(Task work)
    {
        await work;
        return Results.NoContent();
    }

    private static long Generation(string? generation) => long.TryParse(generation, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw ControlProblemException.InvalidRequest("The query parameter 'generation' is missing or not a number.");

    private static string Id(string id, string name) => id.Length is > 0 and <= MaxIdCharacters && !id.Any(char.IsControl) && !id.Contains(' ')
        ? id
        : throw ControlProblemException.InvalidRequest($"The {name} ID must have 1 to {MaxIdCharacters} characters without spaces or control characters.");

    private static string? Region(ParticipantSpec spec) => spec.Region is not { } region || (region.Length is > 0 and <= ParticipantSpec.MaxRegionLength && !region.Any(char.IsControl))
        ? spec.Region
        : throw ControlProblemException.InvalidRequest($"The region must have 1 to {ParticipantSpec.MaxRegionLength} characters without control characters.");

    private static T CheckSize<T>(T request, Func<T, string> sdp) =>
        sdp(request).Length <= SdpLimits.MaxCharacters ? request : throw ControlJson.TooLarge();
}
