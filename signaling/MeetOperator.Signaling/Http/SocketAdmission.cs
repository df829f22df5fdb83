using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Hub;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Decides before the upgrade who may open a WebSocket. A request that may not ends with a <see cref="ProblemException"/>.</summary>
internal sealed class SocketAdmission(MeetingServices services, MeetingNotFound missing, OriginPolicy origins, Tokens tokens, Credentials credentials)
{
    public void CheckOrigin(HttpRequest request)
    {
        if (!origins.IsAllowed(request))
        {
            throw new ProblemException(ProblemCode.Forbidden, "The origin of this page is not allowed to open WebSockets. It must be this host or the public URL.");
        }
    }

    /// <summary>Reads the credential of a request: the ticket among the subprotocols, otherwise the code in the URL. Null without a valid one.</summary>
    public TokenSubject? Read(HttpContext context, out bool byTicket)
    {
        var ticket = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p.StartsWith(ProtocolLimits.TicketSubprotocolPrefix, StringComparison.Ordinal));
        byTicket = ticket is not null;
        TokenSubject? subject = null;
        var valid = byTicket
            ? tokens.TryVerify(TokenKind.Ticket, ticket![ProtocolLimits.TicketSubprotocolPrefix.Length..], out subject)
            : context.Request.Query["code"] is [{ } text] && tokens.TryVerify(TokenKind.Code, text, out subject);
        return valid ? subject : null;
    }

    /// <summary>Finds the meeting and the participant of a credential. The meeting is open, and the participant was not removed.</summary>
    public async Task<(ParticipantRow Row, MeetingView Meeting)> AdmitAsync(HttpContext context, string meetingId, TokenSubject? subject)
    {
        var ct = context.RequestAborted;
        if (subject is null || subject.MeetingId != meetingId)
        {
            throw CountFailure(context.Request);
        }

        var view = services.Directory.Find(meetingId) ?? throw await missing.GetProblemAsync(context.Request, meetingId, ct).ConfigureAwait(false);
        if (view.TenantName != subject.Tenant)
        {
            throw ProblemException.UnknownMeeting();
        }

        if (!Credentials.IsForMeeting(subject, view))
        {
            throw CountFailure(context.Request);
        }

        if (view.IsEnded)
        {
            throw new ProblemException(ProblemCode.MeetingEnded, "The meeting has ended.");
        }

        var row = await services.Participants.FindAsync(subject.Tenant, meetingId, subject.ParticipantId!, ct).ConfigureAwait(false) ?? throw CountFailure(context.Request);
        if (row.ConnectionStatus == ConnectionStatuses.Removed)
        {
            throw new ProblemException(ProblemCode.Forbidden, "A host removed this participant from the meeting.");
        }

        return services.Limits.TryOpen(view.Key, row.ParticipantId)
            ? (row, view)
            : throw new ProblemException(ProblemCode.QuotaExceeded, "This participant is opening WebSockets too quickly. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    /// <summary>The problem of a credential that is missing, invalid or used up.</summary>
    public ProblemException CountFailure(HttpRequest request) => credentials.CountFailure(
        request,
        new ProblemException(
            ProblemCode.Unauthorized, "Invalid or expired credential. Open 'webSocketUrl' once and before it expires, or connect with the subprotocols 'meet.v1' and 'ticket.<ticket>'."));
}
