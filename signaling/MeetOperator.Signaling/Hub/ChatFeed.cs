using System.Text;
using MeetOperator.Signaling.Data;
using MeetOperator.Signaling.Protocol;

namespace MeetOperator.Signaling;

/// <summary>
/// Brings chat to the members of one session in the order of the database. A line that comes over the bus is delivered only when it is the
/// next one; otherwise what is missing is read, so that lost or overtaking events change nothing.
/// </summary>
public sealed class ChatFeed(IChatRepository chat, MeetingKey meeting)
{
    public const int ReplayLines = 100;
    private const int PageLines = 200;

    private long cursor = -1;

    /// <summary>Sends the last lines to a newcomer and, if that shows lines that the others have not seen, those to the others.</summary>
    public async Task ReplayAsync(Member newcomer, IReadOnlyCollection<Member> others, CancellationToken ct)
    {
        var rows = await chat.ListLastAsync(meeting.Tenant, meeting.MeetingId, ReplayLines, ct).ConfigureAwait(false);
        foreach (var row in rows)
        {
            newcomer.Socket.Send(ToMessage(row));
        }

        newcomer.ChatCursor = rows.Count > 0 ? rows[^1].MessageId : 0;
        if (cursor < 0)
        {
            cursor = newcomer.ChatCursor;
        }
        else if (newcomer.ChatCursor > cursor)
        {
            await CatchUpAsync(others, ct).ConfigureAwait(false);
        }
    }

    public async Task DeliverAsync(long messageId, string frame, IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        if (messageId == cursor + 1)
        {
            Deliver(messageId, Encoding.UTF8.GetBytes(frame), members);
        }
        else if (messageId > cursor)
        {
            await CatchUpAsync(members, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and sends everything after the cursor.</summary>
    public async Task CatchUpAsync(IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        while (cursor >= 0)
        {
            var rows = await chat.ListAfterAsync(meeting.Tenant, meeting.MeetingId, cursor, PageLines, ct).ConfigureAwait(false);
            foreach (var row in rows)
            {
                Deliver(row.MessageId, ToMessage(row).ToUtf8(), members);
            }

            if (rows.Count < PageLines)
            {
                return;
            }
        }
    }

    public static ForwardedChatMessage ToMessage(ChatRow row) =>
        new(row.SenderId, row.DisplayName, row.Content, DateTimeOffset.FromUnixTimeMilliseconds(row.Timestamp), row.MessageId);

    private void Deliver(long messageId, byte[] frame, IReadOnlyCollection<Member> members)
    {
        foreach (var member in members)
        {
            if (member.ChatCursor < messageId)
            {
                member.Socket.Send(frame);
                member.ChatCursor = messageId;
            }
        }

        cursor = messageId;
    }
}
