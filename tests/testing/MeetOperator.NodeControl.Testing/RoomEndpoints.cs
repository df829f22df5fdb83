using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace MeetOperator.NodeControl.Testing;

/// <summary>The endpoints for signaling: participants, sessions and the event stream of a room.</summary>
internal static class RoomEndpoints
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapGet("/rooms/{room}/events", (string room, HttpContext context) => StreamAsync(node, room, context));
        api.MapDelete("/rooms/{room}/sessions/{session}", (string room, string session) =>
        {
            lock (node.Gate)
            {
                foreach (var participant in NodeEndpoints.Room(node, room).Participants.Values)
                {
                    participant.PublishSession = participant.PublishSession == session ? null : participant.PublishSession;
                    participant.SubscribeSession = participant.SubscribeSession == session ? null : participant.SubscribeSession;
                }

                return Results.NoContent();
            }
        });
        MapParticipants(api.MapGroup("/rooms/{room}/participants/{participant}"), node);
    }

    private static void MapParticipants(RouteGroupBuilder api, SimulatedMediaNode node)
    {
        api.MapPut("", (string room, string participant, HttpRequest request) => OnRoomAsync<ParticipantSpec>(node, room, request, (known, spec) =>
        {
            NodeEndpoints.Fence(known, spec.Generation);
            var touched = known.Touch(participant);
            touched.Region = spec.Region ?? touched.Region;
            return Results.NoContent();
        }));
        api.MapDelete("", (string room, string participant, long? generation, bool? permanent) =>
        {
            lock (node.Gate)
            {
                if (node.RejectsRemovals)
                {
                    node.RejectedDrops++;
                    throw new NodeProblemException(500, "internal", "The simulated node rejects removing participants.");
                }

                var known = NodeEndpoints.Room(node, room);
                NodeEndpoints.Fence(known, generation ?? known.Spec.Generation);
                if (permanent == true)
                {
                    known.Excluded.Add(participant);
                }

                known.Remove(participant, permanent == true ? "removed" : "closed");
                return Results.NoContent();
            }
        });
        api.MapGet("/sessions/{session}/tunnel", (string room, string participant, string session, string? tenant, HttpContext context) => TunnelAsync(node, room, participant, session, tenant, context));
        api.MapPost("/publish", (string room, string participant, HttpRequest request) => OnRoomAsync<SdpOffer>(node, room, request, (known, offer) =>
        {
            NodeEndpoints.Fence(known, offer.Generation);
            RequireSdp(offer.Sdp);
            if (!offer.Restart && offer.SessionId is { } session && known.Participants.GetValueOrDefault(participant)?.PublishSession != session)
            {
                throw NodeProblemException.UnknownSession(session);
            }

            known.Touch(participant).OfferedTunnel = offer.Tunnel;
            return NodeEndpoints.Json(known.Publish(known.Touch(participant), offer));
        }, node.BeforePublish));
        api.MapPost("/subscribe", (string room, string participant, HttpRequest request) => OnRoomAsync<SubscribeRequest>(node, room, request, (known, subscribe) =>
        {
            NodeEndpoints.Fence(known, subscribe.Generation);
            if (subscribe.Tunnel && node.DeniesTunnels)
            {
                throw new NodeProblemException(403, "tunnel-denied", "The simulated node admits no tunnels.");
            }

            Participant(known, participant).RequestedTunnel = subscribe.Tunnel;
            Participant(known, participant).RequestedSlots = subscribe.Slots;
            Participant(known, participant).RequestedLineKbps = subscribe.LineKbps;
            return NodeEndpoints.Json(known.Subscribe(Participant(known, participant), subscribe.Restart));
        }));
        api.MapPost("/subscribe/answer", (string room, string participant, HttpRequest request) => OnRoomAsync<SubscribeAnswer>(node, room, request, (known, answer) =>
        {
            var subscriber = Participant(known, participant);
            RequireSdp(answer.Sdp);
            if (answer.SessionId is { } session && session != subscriber.SubscribeSession)
            {
                throw NodeProblemException.UnknownSession(session);
            }

            if (answer.Revision != subscriber.Revision)
            {
                throw new NodeProblemException(409, "stale-revision", $"The newest offer has revision {subscriber.Revision}.");
            }

            subscriber.AnsweredRevision = answer.Revision;
            known.Connected(subscriber, subscriber.SubscribeSession ?? string.Empty, "subscribe");
            return Results.NoContent();
        }));
        api.MapPost("/play", (string room, string participant, HttpRequest request) => OnRoomAsync<PlayRequest>(node, room, request, (known, play) =>
        {
            NodeEndpoints.Fence(known, play.Generation);
            RequireSdp(play.Sdp);
            var tracks = known.Participants.Values.Where(p => play.Feeds.Count == 0 ? p.Id != participant : play.Feeds.Contains(p.Id)).SelectMany(p => p.Tracks).ToArray();
            if (tracks.Length == 0)
            {
                throw new NodeProblemException(409, "nothing-to-play", "No participant publishes yet. Try again later.");
            }

            known.Touch(participant);
            return NodeEndpoints.Json(new SdpAnswer { SessionId = $"play-{Guid.NewGuid():N}", Sdp = CannedSdp.Answer(play.Sdp), Tracks = tracks });
        }));
        api.MapPut("/view", (string room, string participant, HttpRequest request) => OnRoomAsync<ViewRequest>(node, room, request, (known, view) =>
        {
            if (!node.KnowsViews)
            {
                node.RejectedViews++;
                return Results.NotFound();
            }

            Participant(known, participant).Views.Add(view);
            return Results.NoContent();
        }, node.BeforeView));
        api.MapPut("/slots", (string room, string participant, HttpRequest request) => OnRoomAsync<SlotsConfirmation>(node, room, request, (known, confirmation) =>
        {
            if (!node.KnowsViews)
            {
                return Results.NotFound();
            }

            if (node.RejectsConfirmations)
            {
                node.RejectedConfirmations++;
                throw new NodeProblemException(500, "internal", "The simulated node rejects confirmations of slots.");
            }

            Participant(known, participant).Confirmations.Add(confirmation);
            return Results.NoContent();
        }));
        api.MapPatch("/tracks", (string room, string participant, HttpRequest request) => OnRoomAsync<TrackMuteRequest>(node, room, request, (known, mute) =>
        {
            Participant(known, participant).Mute(mute.Muted);
            return Results.NoContent();
        }));
    }

    private static async Task<IResult> OnRoomAsync<T>(SimulatedMediaNode node, string room, HttpRequest request, Func<SimulatedRoom, T, IResult> act, Func<Task>? before = null)
    {
        var body = await NodeEndpoints.BodyAsync<T>(request).ConfigureAwait(false);
        await (before?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        lock (node.Gate)
        {
            return act(NodeEndpoints.Room(node, room), body);
        }
    }

    private static SimulatedParticipant Participant(SimulatedRoom room, string participant) =>
        room.Participants.TryGetValue(participant, out var known) ? known : throw NodeProblemException.UnknownParticipant(participant);

    private static async Task TunnelAsync(SimulatedMediaNode node, string room, string participant, string session, string? tenant, HttpContext context)
    {
        SimulatedParticipant? owner;
        lock (node.Gate)
        {
            owner = node.RoomTable.TryGetValue(room, out var known) ? known.Participants.GetValueOrDefault(participant) : null;
        }

        var isKnown = owner is not null && (owner.PublishSession == session || owner.SubscribeSession == session);
        if (!isKnown || node.TunnelError is not null)
        {
            context.Response.StatusCode = node.TunnelError ?? StatusCodes.Status404NotFound;
            return;
        }

        owner!.TunnelTenant = tenant;
        using var tunnel = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
        try
        {
            await node.ServeTunnel(tunnel).ConfigureAwait(false);
        }
        catch (WebSocketException)
        {
            // The caller has gone away.
        }
    }

    private static void RequireSdp(string sdp)
    {
        if (!sdp.StartsWith("v=0", StringComparison.Ordinal))
        {
            throw new NodeProblemException(400, "invalid-sdp", "The SDP does not start with v=0.");
        }
    }

    private static async Task StreamAsync(SimulatedMediaNode node, string room, HttpContext context)
    {
        await node.EventsAfter.WaitAsync(context.RequestAborted).ConfigureAwait(false);
        System.Threading.Channels.Channel<RoomEvent> reader;
        lock (node.Gate)
        {
            reader = NodeEndpoints.Room(node, room).OpenReader();
        }

        context.Response.ContentType = "application/x-ndjson";
        try
        {
            while (true)
            {
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
                wait.CancelAfter(KeepAlive);
                try
                {
                    if (!await reader.Reader.WaitToReadAsync(wait.Token).ConfigureAwait(false))
                    {
                        return;
                    }
                }
                catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.WriteAsync("\n", context.RequestAborted).ConfigureAwait(false);
                }

                while (reader.Reader.TryRead(out var roomEvent))
                {
                    await context.Response.WriteAsync(JsonSerializer.Serialize(roomEvent, NodeControlJson.Options) + "\n", context.RequestAborted).ConfigureAwait(false);
                }

                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client disconnected.
        }
        finally
        {
            lock (node.Gate)
            {
                if (node.RoomTable.TryGetValue(room, out var known))
                {
                    known.CloseReader(reader);
                }
            }
        }
    }
}
