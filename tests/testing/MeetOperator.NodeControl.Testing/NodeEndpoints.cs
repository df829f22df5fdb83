using System.Text.Json;
using MeetOperator.NodeControl.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeetOperator.NodeControl.Testing;

/// <summary>The NodeControl endpoints (<c>docs/node-control.md</c>) of a <see cref="SimulatedMediaNode"/>.</summary>
internal static class NodeEndpoints
{
    public static void Map(WebApplication server, SimulatedMediaNode node)
    {
        server.MapGet("/healthz", async (CancellationToken ct) => await Answer(node, Results.Text("ok"), ct).ConfigureAwait(false));
        server.MapGet("/readyz", async (CancellationToken ct) => await Answer(node, node.Draining ? Results.StatusCode(503) : Results.Text("ok"), ct).ConfigureAwait(false));
        server.MapGet("/metrics", () => Results.Text("meet_node_rooms 0\n"));
        var api = server.MapGroup("/v1");
        api.AddEndpointFilter(async (context, next) =>
        {
            Interlocked.Increment(ref node.RequestCount);
            Interlocked.Add(ref node.PublishCount, context.HttpContext.Request.Path.Value!.EndsWith("/publish", StringComparison.Ordinal) ? 1 : 0);
            Interlocked.Add(ref node.RoomPutCount, context.HttpContext.Request is { Method: "PUT", Path.Value: { } path } && path.Trim('/').Split('/') is ["v1", "rooms", _] ? 1 : 0);
            await node.WaitWhileHanging(context.HttpContext.RequestAborted).ConfigureAwait(false);
            if (RoleOf(context.HttpContext, node) is not { } role)
            {
                return new NodeProblemException(401, "unauthorized", "The request has no client certificate that this node trusts.").ToResult();
            }

            if (!IsAllowed(role, context.HttpContext.Request))
            {
                return new NodeProblemException(403, "forbidden", $"The role {role} does not allow this request.").ToResult();
            }

            if (node.IsSilentToOperator && role == ControlRole.Operator)
            {
                await Task.Delay(Timeout.Infinite, context.HttpContext.RequestAborted).ConfigureAwait(false);
            }

            if (node.HangsOnRooms && context.HttpContext.Request.Method is "PUT" or "DELETE")
            {
                Interlocked.Increment(ref node.HeldCount);
                Interlocked.Increment(ref node.HoldingCount);
                try
                {
                    await Task.Delay(Timeout.Infinite, context.HttpContext.RequestAborted).ConfigureAwait(false);
                }
                finally
                {
                    Interlocked.Decrement(ref node.HoldingCount);
                }
            }

            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (NodeProblemException problem)
            {
                return problem.ToResult();
            }
        });
        MapNode(api, node);
        MapCredentials(api, node);
        MapRelays(api, node);
        MapRooms(api, node);
        RoomEndpoints.Map(api, node);
        LinkEndpoints.Map(api, node);
        CheckEndpoints.Map(api, node);
    }

    /// <summary>Verifies the client certificate once for a connection, and again after the node's credentials change or the certificate expires, as a media node does.</summary>
    private static ControlRole? RoleOf(HttpContext context, SimulatedMediaNode node)
    {
        var (held, now) = (node.Credentials, node.Time.GetUtcNow());
        var items = context.Features.Get<IConnectionItemsFeature>()!.Items;
        if (items.TryGetValue(node, out var item) && item is Caller known && ReferenceEquals(known.By, held) && known.Until > now)
        {
            return known.Role;
        }

        if (context.Connection.ClientCertificate is not { } shown || held.RoleOf(shown, now) is not { } role)
        {
            return null;
        }

        node.Callers[role] = shown.Issuer;
        items[node] = new Caller(role, held, shown.NotAfter.ToUniversalTime());
        return role;
    }

    /// <summary>The operator may access the node and rooms, and signaling may access participants and their media. Both may read a room.</summary>
    private static bool IsAllowed(ControlRole role, HttpRequest request)
    {
        var path = request.Path.Value!;
        return RoleHandler.IsOperatorPath(path) == (role == ControlRole.Operator) || (request.Method == "GET" && path.Trim('/').Split('/') is ["v1", "rooms", _]);
    }

    /// <summary>Returns the response, unless the node hangs: a hanging process does not respond to health checks either.</summary>
    private static async Task<IResult> Answer(SimulatedMediaNode node, IResult answer, CancellationToken ct)
    {
        await node.WaitWhileHanging(ct).ConfigureAwait(false);
        return answer;
    }

    internal static IResult Json<T>(T value, int status = 200) => Results.Json(value, NodeControlJson.Options, statusCode: status);

    internal static async Task<T> BodyAsync<T>(HttpRequest request)
    {
        try
        {
            return await request.ReadFromJsonAsync<T>(NodeControlJson.Options, request.HttpContext.RequestAborted).ConfigureAwait(false)
                ?? throw new NodeProblemException(400, "invalid-request", "The body is missing.");
        }
        catch (JsonException broken)
        {
            throw new NodeProblemException(400, "invalid-request", broken.Message);
        }
    }

    private static void MapNode(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapPost("/node/call", () =>
        {
            Interlocked.Increment(ref node.CallCount);
            return node.Call is { } call ? Json(call) : Results.NotFound();
        });
        api.MapGet("/node", (HttpRequest request) =>
        {
            lock (node.Gate)
            {
                node.Term = Term(request) is { } term && !(node.Term > term) ? term : node.Term;
                if (node.ReportBody(Term(request)) is { } body)
                {
                    return Results.Text(body, "application/json");
                }

                foreach (var room in node.RoomTable.Values)
                {
                    room.Talk(forwards: !node.ForwardsNothing);
                }

                var rooms = node.RoomTable.Values.Where(room => !node.CheckTable.ContainsKey(room.Id)).Select(room => node.Report(room, detailed: false)).ToArray();
                return Json(new NodeReport
                {
                    Node = node.Name,
                    Version = node.Version,
                    InstanceId = node.InstanceId,
                    State = node.Draining ? NodeState.Draining : node.IsStarting ? NodeState.Starting : NodeState.Ready,
                    StartedAt = node.StartedAt,
                    Term = node.Term,
                    Credentials = CredentialReport.Of(node.Credentials),
                    Loops = 1,
                    MediaAddresses = node.MediaAddresses,
                    CanLink = node.AnnouncesLinks,
                    CanLimitLinks = node.LimitsLinks,
                    AnswersBindings = node.AnswersBindings,
                    RelaysRevision = node.KnowsConnectivity ? node.Relays?.Revision ?? string.Empty : null,
                    Connections = node.Connections?.All,
                    FailedConnections = node.Connections?.Failed,
                    LoopReports = node.LoopReports,
                    Participants = rooms.Sum(room => room.Participants),
                    UpTracks = rooms.Sum(room => room.UpTracks),
                    EgressKbps = node.EgressKbps,
                    Stress = node.Stress,
                    Rooms = rooms,
                });
            }
        });
        api.MapPost("/node/drain", async (HttpRequest request) =>
        {
            var drain = (await BodyAsync<DrainRequest>(request).ConfigureAwait(false)).Drain;
            lock (node.Gate)
            {
                PassTerm(node, request);
                node.Draining = drain;
            }

            return Results.NoContent();
        });
    }

    private static void MapCredentials(RouteGroupBuilder api, SimulatedMediaNode node) => api.MapPut("/node/credentials", async (HttpRequest request) =>
    {
        var pushed = TestAuthority.Read(await BodyAsync<NodeCredentials>(request).ConfigureAwait(false));
        lock (node.Gate)
        {
            PassTerm(node, request);
            node.Credentials = pushed;
        }

        return Results.NoContent();
    });

    private static void MapRelays(RouteGroupBuilder api, SimulatedMediaNode node) => api.MapPut("/node/relays", async (HttpRequest request) =>
    {
        var named = await BodyAsync<NodeRelays>(request).ConfigureAwait(false);
        if (!node.KnowsConnectivity)
        {
            return Results.NotFound();
        }

        lock (node.Gate)
        {
            PassTerm(node, request);
            node.Relays = named;
        }

        return Results.NoContent();
    });

    private static void MapRooms(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapPut("/rooms/{room}", async (string room, HttpRequest request) =>
        {
            var spec = await BodyAsync<RoomSpec>(request).ConfigureAwait(false);
            spec = spec with { E2ee = spec.E2ee && node.KnowsE2ee, Connectivity = node.KnowsConnectivity ? spec.Connectivity : null };
            lock (node.Gate)
            {
                PassTerm(node, request);
                if (node.RoomCreationError is { } code)
                {
                    node.RejectedMakes++;
                    throw new NodeProblemException(409, code, "The simulated node rejects changes to rooms.");
                }

                if (node.RoomTable.TryGetValue(room, out var known))
                {
                    Fence(known, spec.Generation);
                    known.Spec = spec;
                    return Json(node.Report(known, detailed: false));
                }

                if (node.Draining)
                {
                    throw new NodeProblemException(503, "draining", "This node is draining and accepts no new rooms.");
                }

                if (node.RoomTable.Count >= node.MaxRooms)
                {
                    throw new NodeProblemException(503, "full", $"This node has reached its limit of {node.MaxRooms} rooms.");
                }

                var made = new SimulatedRoom(node, room, spec);
                node.RoomTable[room] = made;
                return Json(node.Report(made, detailed: false), 201);
            }
        });
        api.MapGet("/rooms/{room}", (string room) =>
        {
            lock (node.Gate)
            {
                return Json(node.Report(Room(node, room), detailed: true));
            }
        });
        api.MapDelete("/rooms/{room}", (string room, long generation, bool? onlyIfEmpty, HttpRequest request) =>
        {
            lock (node.Gate)
            {
                PassTerm(node, request);
                if (node.RejectsRoomEnds)
                {
                    throw new NodeProblemException(500, "internal", "The simulated node rejects ending rooms.");
                }

                if (node.RoomTable.TryGetValue(room, out var known))
                {
                    if (onlyIfEmpty == true && known.Report(detailed: false).Participants > 0)
                    {
                        node.RejectedEnds++;
                        throw new NodeProblemException(409, "not-empty", "The room has participants.");
                    }

                    Fence(known, generation);
                    node.RemoveRoom(room);
                    known.End("deleted");
                }

                return Results.NoContent();
            }
        });
    }

    internal static SimulatedRoom Room(SimulatedMediaNode node, string room) =>
        node.RoomTable.TryGetValue(room, out var known) ? known : throw NodeProblemException.UnknownRoom(room);

    internal static void PassTerm(SimulatedMediaNode node, HttpRequest request)
    {
        var term = Term(request);
        if (node.Term > (term ?? -1))
        {
            node.StaleCalls++;
            throw new NodeProblemException(409, "stale-term", $"The current leader has term {node.Term}; the request has {(term is null ? "no term" : $"term {term}")}.");
        }

        node.Term = term ?? node.Term;
    }

    private static long? Term(HttpRequest request) => request.Headers[TermHeader.Name] is [{ } text] && TermHeader.TryRead(text, out var term) ? term : null;

    internal static void Fence(SimulatedRoom room, long generation)
    {
        if (generation < room.Spec.Generation)
        {
            throw new NodeProblemException(409, "stale-generation", $"The room is at generation {room.Spec.Generation}, the request at {generation}.");
        }
    }

    private sealed record Caller(ControlRole Role, ControlCredentials By, DateTimeOffset Until);
}
