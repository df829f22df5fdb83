using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Features;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using MeetOperator.Signaling.Transport;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Opens WebSockets. Checks everything before the upgrade, and the single-use code last, so that a rejected request does not consume it.</summary>
internal sealed class WebSocketEndpoint(MeetingSessions sessions, MeetingNotFound missing, OriginPolicy origins, Tokens tokens, Credentials credentials)
{
    private readonly MeetingServices _services = sessions.Services;

    public async Task RunAsync(HttpContext context, string meetingId)
    {
        if (!origins.IsAllowed(context.Request))
        {
            throw new ProblemException(ProblemCode.Forbidden, "The origin of this page is not allowed to open WebSockets. It must be this host or the public URL.");
        }

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
        var ct = context.RequestAborted;
        var code = context.Request.Query["code"];
        var ticket = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p.StartsWith(ProtocolLimits.TicketSubprotocolPrefix, StringComparison.Ordinal));
        var byTicket = ticket is not null;
        TokenSubject? subject = null;
        var valid = byTicket
            ? tokens.TryVerify(TokenKind.Ticket, ticket![ProtocolLimits.TicketSubprotocolPrefix.Length..], out subject)
            : code is [{ } text] && tokens.TryVerify(TokenKind.Code, text, out subject);
        if (!valid || subject!.MeetingId != meetingId)
        {
            throw credentials.CountFailure(context.Request, Unauthorized());
        }

        var view = _services.Directory.Find(meetingId) ?? throw await missing.GetProblemAsync(context.Request, meetingId, ct).ConfigureAwait(false);
        if (view.TenantName != subject.Tenant)
        {
            throw ProblemException.UnknownMeeting();
        }

        if (!Credentials.IsForMeeting(subject, view))
        {
            throw credentials.CountFailure(context.Request, Unauthorized());
        }

        if (view.IsEnded)
        {
            throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        }

        var row = await _services.Participants.FindAsync(subject.Tenant, meetingId, subject.ParticipantId!, ct).ConfigureAwait(false) ?? throw credentials.CountFailure(context.Request, Unauthorized());
        if (row.ConnectionStatus == ConnectionStatuses.Removed)
        {
            throw new ProblemException(ProblemCode.Forbidden, "A host removed this participant from the meeting.");
        }

        var key = view.Key;
        if (!_services.Limits.TryOpen(key, row.ParticipantId))
        {
            throw new ProblemException(ProblemCode.QuotaExceeded, "This participant is opening WebSockets too quickly. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
        }

        if (!byTicket && !await _services.Bus.TryConsumeCodeAsync(key, subject.TokenId, _services.Options.Timings.CodeLifetime * 2, ct).ConfigureAwait(false))
        {
            throw credentials.CountFailure(context.Request, Unauthorized());
        }

        var identity = new SocketIdentity(
            key, row.ParticipantId, row.DisplayName, Roster.RoleOf(row.Role), byTicket, IsReturning: row.ConnectionStatus != ConnectionStatuses.Joining) { Region = subject.Region };
        return (identity, view);
    }

    private static ProblemException Unauthorized() =>
        new(ProblemCode.Unauthorized, "Invalid or expired credential. Open 'webSocketUrl' once and before it expires, or connect with the subprotocols 'meet.v1' and 'ticket.<ticket>'.");
}
