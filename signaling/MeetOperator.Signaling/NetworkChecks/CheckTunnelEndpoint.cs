using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Http;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Tunnels;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>
/// The tunnel of a network check: a WebSocket at the path of tunnels, so that proxies treat it as those of calls. It ends at this server, because what lies behind it is the same for everybody.
/// </summary>
internal sealed class CheckTunnelEndpoint(NetworkCheckEndpoint checks, SocketAdmission admission, MeetingSessions sessions, TimeProvider time)
{
    /// <summary>Longer than a client waits for a tunnel to open, and for its acknowledgements.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(15);

    /// <summary>Checks have places of their own, so that they take none from calls.</summary>
    private readonly TunnelPlaces _places = new(time);

    public async Task RunAsync(HttpContext context, string meetingId, string checkId)
    {
        admission.CheckOrigin(context.Request);
        var (view, check) = await checks.FindAsync(context.Request, meetingId, checkId, context.RequestAborted).ConfigureAwait(false);
        if (!view.AllowsTunnels(NetworkCheckEndpoint.AssignmentOf(view, check).Key, region: null))
        {
            throw new ProblemException(ProblemCode.Forbidden, "This meeting uses no tunnels: the tenant or the pool of its media node denies them (spec.connectivity.tunnel).");
        }

        using var place = _places.Take(view.Key, check.Room);
        if (!context.WebSockets.IsWebSocketRequest)
        {
            // A client whose WebSocket does not open asks in this way whether the server has refused it.
            throw new ProblemException(ProblemCode.InvalidRequest, "Open a WebSocket at this path.");
        }

        context.Features.GetRequiredFeature<PacedUpgrade>().Pace = place.Pace;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(ProtocolLimits.Subprotocol) ? ProtocolLimits.Subprotocol : null,
            KeepAliveTimeout = Timeout.InfiniteTimeSpan, // no pings, as in TunnelEndpoint
        }).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(Lifetime, time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, context.RequestAborted, sessions.Evacuating);
        await new CheckTunnel(socket, place.Pace, time).RunAsync(ends.Token).ConfigureAwait(false);
    }
}
