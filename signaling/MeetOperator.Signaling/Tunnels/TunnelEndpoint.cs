using System.Net;
using System.Net.WebSockets;
using MeetOperator.NodeControl;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Tunnels;

/// <summary>
/// Opens tunnels: WebSockets that carry the media of participants whose network lets nothing else through, on to their media node. The media node has the session, so a tunnel ends when the
/// participant leaves, is removed, or uses another session; any replica can serve it.
/// </summary>
internal sealed class TunnelEndpoint(MeetingSessions sessions, SocketAdmission admission, TunnelPlaces places, MediaNodes nodes)
{
    private const int MaxSessionLength = 64;
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
        if (!view.AllowsTunnels)
        {
            throw new ProblemException(ProblemCode.Forbidden, "The tenant of this meeting does not allow tunnels (spec.connectivity.tunnel).");
        }

        using var place = places.Take(view.Key, row.ParticipantId);
        using var node = await OpenAsync(view, row.ParticipantId, session, context.RequestAborted).ConfigureAwait(false);
        using var client = await context.WebSockets.AcceptWebSocketAsync(ProtocolLimits.Subprotocol).ConfigureAwait(false);
        _services.Metrics.TunnelOpened();
        try
        {
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, sessions.Evacuating);
            await new TunnelRelay(client, node, _services.Time).RunAsync(ends.Token).ConfigureAwait(false);
        }
        finally
        {
            _services.Metrics.TunnelClosed();
        }
    }

    /// <summary>Opens the tunnel at the media node that has the session. A meeting is usually on one node, and during a move on several.</summary>
    private async Task<WebSocket> OpenAsync(MeetingView view, string participantId, string session, CancellationToken ct)
    {
        foreach (var assignment in view.Serving.Where(assignment => !sessions.IsGone(view, assignment.Key)))
        {
            using var limit = new CancellationTokenSource(_services.Options.Timings.NodeCallTimeout, _services.Time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
            try
            {
                return await nodes.StreamClient(assignment.Namespace, assignment.Node, assignment.ControlUrl).OpenTunnelAsync(view.Id, participantId, session, linked.Token).ConfigureAwait(false);
            }
            catch (NodeControlException e) when (e.Status == HttpStatusCode.NotFound)
            {
                // Another node may have the session.
            }
            catch (Exception e) when (!ct.IsCancellationRequested && NodeCallFailure.Of(e) is { } failure)
            {
                _services.Metrics.NodeFailed(failure.Reason);
                throw (e as NodeControlException)?.Status switch
                {
                    HttpStatusCode.TooManyRequests => ProblemException.TooMany("The media node has too many tunnels. Try again later."),
                    HttpStatusCode.Forbidden => new ProblemException(ProblemCode.Forbidden, "The media node admits no tunnels in this meeting, which was placed before the tenant allowed them."),
                    _ => new ProblemException(ProblemCode.MediaNodeUnreachable, failure.Message),
                };
            }
        }

        throw new ProblemException(ProblemCode.UnknownParticipant, "The participant has no such media session on a tunnel. Open one with an offer that sets 'tunnel'.");
    }
}
