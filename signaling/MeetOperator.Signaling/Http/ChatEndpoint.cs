using System.Globalization;
using MeetOperator.Signaling.Access;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Errors;
using MeetOperator.Signaling.Features.Chat;
using MeetOperator.Signaling.Protocol;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Signaling.Http;

/// <summary>Lists stored chat messages for participants of the meeting.</summary>
internal sealed class ChatEndpoint(Credentials credentials, IChatRepository chat, IParticipantRepository participants)
{
    private const int PageLines = 200;

    public async Task<IResult> ListAsync(HttpRequest request, string id, string? after, CancellationToken ct)
    {
        var subject = credentials.Ticket(request, id);
        var from = 0L;
        if (after is not null && (!long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out from) || from < 0))
        {
            throw ProblemException.Invalid("after", "must be a messageId that the server returned.");
        }

        var row = await participants.FindAsync(subject.Tenant, id, subject.ParticipantId!, ct).ConfigureAwait(false);
        if (row is null or { ConnectionStatus: ConnectionStatuses.Removed })
        {
            throw new ProblemException(ProblemCode.Forbidden, "This participant is no longer in the meeting.");
        }

        var rows = await chat.ListAfterAsync(subject.Tenant, id, from, PageLines, ct).ConfigureAwait(false);
        return Results.Ok(new MessagesResponse([.. rows.Select(r => new MessageResponse(
            r.MessageId.ToString(CultureInfo.InvariantCulture),
            r.SenderId,
            r.DisplayName,
            r.Content,
            WireTime.Format(DateTimeOffset.FromUnixTimeMilliseconds(r.Timestamp)),
            ChatLog.ReferenceOf(r)))]));
    }
}
