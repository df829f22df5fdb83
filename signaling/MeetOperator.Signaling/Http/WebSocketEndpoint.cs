using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Transport;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Opens WebSockets. Checks everything before the upgrade, and the single-use code last, so that a rejected request does not consume it.</summary>
internal sealed class WebSocketEndpoint(MeetingSessions sessions, SocketAdmission admission)
{
    private readonly MeetingServices _services = sessions.Services;

    public async Task RunAsync(HttpContext context, string meetingId)
    {
        admission.CheckOrigin(context.Request);
        var (identity, meeting) = await IdentifyAsync(context, meetingId).ConfigureAwait(false);
        var hold = await sessions.AcquireAsync(meeting).ConfigureAwait(false);
        ClientConnection? connection = null;
        try
        {
            using var webSocket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = context.WebSockets.WebSocketRequestedProtocols.Contains(ProtocolLimits.Subprotocol) ? ProtocolLimits.Subprotocol : null,
                KeepAliveInterval = _services.Options.Timings.PingInterval,
                KeepAliveTimeout = _services.Options.Timings.PongTimeout,
            }).ConfigureAwait(false);
            await using var socket = new ClientSocket(webSocket, _services.Time, _services.Options.Timings.MessageTimeout);
            connection = new ClientConnection(identity, socket, hold.Session, _services);
            await RunAsync(connection, socket).ConfigureAwait(false);
        }
        finally
        {
            // The departure waits for the participant to reconnect, in the background, because the TCP connection must end now: the server closes it first (RFC 6455 §7.1.1).
            sessions.Depart(hold, connection is null ? () => Task.CompletedTask : connection.DepartAsync);
        }
    }

    private async Task RunAsync(ClientConnection connection, ClientSocket socket)
    {
        _services.Metrics.SocketOpened();
        try
        {
            if (sessions.IsEvacuating)
            {
                socket.Close(CloseCode.Restart, "server restarts");
                return;
            }

            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _services.Metrics.SocketClosed();
        }
    }

    private async Task<(SocketIdentity Identity, MeetingView Meeting)> IdentifyAsync(HttpContext context, string meetingId)
    {
        var subject = admission.Read(context, out var byTicket);
        var (row, view) = await admission.AdmitAsync(context, meetingId, subject).ConfigureAwait(false);
        if (!byTicket && !await _services.Bus.TryConsumeCodeAsync(view.Key, subject!.TokenId, _services.Options.Timings.CodeLifetime * 2, context.RequestAborted).ConfigureAwait(false))
        {
            throw admission.CountFailure(context.Request);
        }

        var identity = new SocketIdentity(
            view.Key, row.ParticipantId, row.DisplayName, Roster.RoleOf(row.Role), byTicket, IsReturning: row.ConnectionStatus != ConnectionStatuses.Joining) { Region = subject!.Region };
        return (identity, view);
    }
}
