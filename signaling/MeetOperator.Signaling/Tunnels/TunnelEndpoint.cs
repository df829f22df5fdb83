using System.Net;
using System.Net.WebSockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MeetOperator.Signaling.Tunnels;

/// <summary>
/// Opens tunnels: WebSockets that carry the media of participants whose network lets nothing else through, on to their media node. The media node has the session, so a tunnel ends when the
/// participant leaves, is removed, or uses another session; any replica can serve it.
/// </summary>
internal sealed class TunnelEndpoint(MeetingSessions sessions, SocketAdmission admission, TunnelPlaces places, MediaNodes nodes)
{
    private const int MaxSessionLength = 64;

    /// <summary>How often it is checked whether the meeting still allows tunnels.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
    private readonly MeetingServices _services = sessions.Services;

    public async Task RunAsync(HttpContext context, string meetingId, string? session)
    {
        admission.CheckOrigin(context.Request);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            throw new ProblemException(ProblemCode.InvalidRequest, "Open a WebSocket at this path.");
        }

        if (session is not { Length: > 0 and <= MaxSessionLength })
        {
            throw ProblemException.Invalid("session", $"must be the ID of a media session, with at most {MaxSessionLength} characters.");
        }

        var subject = admission.Read(context, out var byTicket);
        var (row, view) = await admission.AdmitAsync(context, meetingId, byTicket ? subject : null).ConfigureAwait(false);
        try
        {
            await RunAsync(context, meetingId, row.ParticipantId, view, session, subject?.Region).ConfigureAwait(false);
        }
        catch (ProblemException e) when (ReasonOf(e.Code) is { } reason)
        {
            _services.Metrics.PathFailed(PathKind.Tunnel, reason);
            throw;
        }
    }

    /// <summary>Why a tunnel that was not opened counts as failed; null if it does not, because only its session has ended.</summary>
    private static PathFailureReason? ReasonOf(ProblemCode code) => code switch
    {
        ProblemCode.Forbidden => PathFailureReason.Denied,
        ProblemCode.QuotaExceeded => PathFailureReason.Limit,
        ProblemCode.MediaNodeUnreachable => PathFailureReason.Unreachable,
        _ => null,
    };

    private async Task RunAsync(HttpContext context, string meetingId, string participantId, MeetingView view, string session, string? region)
    {
        var rooms = view.Serving.Where(assignment => !sessions.IsGone(view, assignment.Key) && view.AllowsTunnels(assignment.Key, region)).ToList();
        if (rooms.Count == 0)
        {
            throw new ProblemException(ProblemCode.Forbidden, "This meeting uses no tunnels: the tenant or the pool of its media node denies them (spec.connectivity.tunnel).");
        }

        using var place = places.Take(view.Key, participantId);
        var (node, room) = await OpenAsync(rooms, view.Key, participantId, session, context.RequestAborted).ConfigureAwait(false);
        using var opened = node;
        context.Features.GetRequiredFeature<PacedUpgrade>().Pace = place.Pace;
        using var client = await context.WebSockets.AcceptWebSocketAsync(WithoutPings()).ConfigureAwait(false);
        _services.Metrics.TunnelOpened();
        try
        {
            using var restarts = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, sessions.Evacuating);
            using var ends = new CancellationTokenSource();
            var denied = WaitUntilDeniedAsync(meetingId, room, region, ends.Token);
            await new TunnelRelay(client, node, place.Pace, _services.Time).RunAsync(restarts.Token, denied).ConfigureAwait(false);
            if (client.CloseStatus is null && node.CloseStatus is null && !denied.IsCompleted && !sessions.Evacuating.IsCancellationRequested)
            {
                _services.Metrics.PathFailed(PathKind.Tunnel, PathFailureReason.Closed); // nobody has ended it
            }

            await ends.CancelAsync().ConfigureAwait(false);
            await denied.ConfigureAwait(false);
        }
        finally
        {
            _services.Metrics.TunnelClosed();
        }
    }

    /// <summary>
    /// The media node finds out that the client is gone. A WebSocket that expects answers to pings reads on by itself while nobody reads it: up to 16 MB, the length of a message as its sender says.
    /// </summary>
    private static WebSocketAcceptContext WithoutPings() => new() { SubProtocol = ProtocolLimits.Subprotocol, KeepAliveTimeout = Timeout.InfiniteTimeSpan };

    /// <summary>Completes when the meeting does not allow tunnels any more.</summary>
    private async Task WaitUntilDeniedAsync(string meetingId, RoomKey room, string? region, CancellationToken ct)
    {
        using var timer = new PeriodicTimer(CheckInterval, _services.Time);
        try
        {
            while (_services.Directory.Find(meetingId)?.AllowsTunnels(room, region, wereAllowed: true) == true)
            {
                await timer.WaitForNextTickAsync(ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The tunnel has ended.
        }
    }

    /// <summary>
    /// Opens the tunnel at the media node that has the session. A meeting is usually on one node, and during a move on several. A node that fails does not stand in the way of the others. If none opens
    /// it, a node that has rejected it counts more than one that does not answer.
    /// </summary>
    private async Task<(WebSocket Node, RoomKey Room)> OpenAsync(IReadOnlyList<MediaAssignment> rooms, MeetingKey meeting, string participantId, string session, CancellationToken ct)
    {
        ProblemException? problem = null;
        var hasAnswered = false;
        foreach (var assignment in rooms)
        {
            using var limit = new CancellationTokenSource(_services.Options.Timings.NodeCallTimeout, _services.Time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                var client = nodes.StreamClient(assignment.Namespace, assignment.Node, assignment.ControlUrl);
                return (await client.OpenTunnelAsync(meeting.MeetingId, participantId, session, linked.Token, meeting.Tenant).ConfigureAwait(false), assignment.Key);
            }
            catch (NodeControlException e) when (e.Status == HttpStatusCode.NotFound)
            {
                // Another node may have the session.
            }
            catch (Exception e) when (!ct.IsCancellationRequested && NodeCallFailure.Of(e) is { } failure)
            {
                _services.Metrics.NodeFailed(failure.Reason);
                if (!hasAnswered)
                {
                    (problem, hasAnswered) = (ProblemOf(e, failure), e is NodeControlException);
                }
            }
        }

        throw problem ?? new ProblemException(ProblemCode.UnknownParticipant, "The participant has no such media session on a tunnel. Open one with an offer that sets 'tunnel'.");
    }

    private static ProblemException ProblemOf(Exception e, NodeCallFailure failure) => (e as NodeControlException)?.Status switch
    {
        HttpStatusCode.TooManyRequests => ProblemException.TooMany("The media node has too many tunnels. Try again later."),
        HttpStatusCode.Forbidden => new ProblemException(ProblemCode.Forbidden, "The media node admits no tunnels in this meeting."),
        _ => new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message),
    };
}
