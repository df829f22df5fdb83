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

    /// <summary>Begins the references that the server gives; clients' cannot.</summary>
    internal const char OwnReference = '~';

    private long cursor = -1;

    /// <summary>True when lines may be missing that nobody will announce any more.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>
    /// Sends the last lines to a newcomer. If they include lines that the others have not seen, the others get those, and everybody gets what was stored
    /// between the two reads. Members whose own replay failed before get it now.
    /// </summary>
    public async Task ReplayAsync(Member newcomer, IReadOnlyCollection<Member> others, CancellationToken ct)
    {
        IsBehind = true;
        await ReplayAsync(newcomer, ct).ConfigureAwait(false);
        if (newcomer.ChatCursor > cursor || others.Any(m => m.ChatCursor < 0))
        {
            await CatchUpAsync([newcomer, .. others], ct).ConfigureAwait(false);
        }

        IsBehind = false;
    }

    public async Task DeliverAsync(long messageId, string frame, IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        if (messageId == cursor + 1 && !IsBehind)
        {
            Deliver(messageId, Encoding.UTF8.GetBytes(frame), members);
        }
        else if (messageId > cursor)
        {
            await CatchUpAsync(members, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and sends everything after the cursor, and the last lines to those who could not be sent them when they came.</summary>
    public async Task CatchUpAsync(IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        IsBehind = true;
        foreach (var member in members.Where(m => m.ChatCursor < 0))
        {
            await ReplayAsync(member, ct).ConfigureAwait(false);
        }

        while (cursor >= 0)
        {
            var rows = await chat.ListAfterAsync(meeting.Tenant, meeting.MeetingId, cursor, PageLines, ct).ConfigureAwait(false);
            foreach (var row in rows)
            {
                Deliver(row.MessageId, ToMessage(row).ToUtf8(), members);
            }

            if (rows.Count < PageLines)
            {
                break;
            }
        }

        IsBehind = false;
    }

    public static ForwardedChatMessage ToMessage(ChatRow row) =>
        new(row.SenderId, row.DisplayName, row.Content, DateTimeOffset.FromUnixTimeMilliseconds(row.Timestamp), row.MessageId, ReferenceOf(row));

    /// <summary>Null when the server named the line: that name means nothing to anybody.</summary>
    public static string? ReferenceOf(ChatRow row) => row.Reference is { } name && name.StartsWith(OwnReference) ? null : row.Reference;

    private async Task ReplayAsync(Member newcomer, CancellationToken ct)
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
    }

    private void Deliver(long messageId, byte[] frame, IReadOnlyCollection<Member> members)
    {
        foreach (var member in members)
        {
            // Who has not had the lines of before yet gets this one with them.
            if (member.ChatCursor >= 0 && member.ChatCursor < messageId)
            {
                member.Socket.Send(frame);
                member.ChatCursor = messageId;
            }
        }

        cursor = messageId;
    }
}
