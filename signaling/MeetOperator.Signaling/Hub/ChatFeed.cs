using System.Text;
using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Hub;

/// <summary>
/// Delivers chat messages to the members of one session in database order. A message from the bus is delivered only if it is the next one. Otherwise, the missing
/// messages are read from the database, so lost or reordered events have no effect. Runs on the session's loop.
/// </summary>
public sealed class ChatFeed(IChatRepository chat, MeetingKey meeting)
{
    public const int ReplayLines = 100;
    private const int PageLines = 200;

    /// <summary>Prefix of references that the server generates. References of clients cannot start with it.</summary>
    internal const char OwnReference = '~';

    private long _cursor = -1;

    /// <summary>True if messages may be missing that no bus event will announce.</summary>
    public bool IsBehind { get; private set; }

    /// <summary>
    /// Sends the last messages to a new member. If they include messages that the other members have not received, all members catch up, including messages that
    /// were stored between the two reads. Also retries the replay of members whose replay failed.
    /// </summary>
    public async Task ReplayAsync(Member newcomer, IReadOnlyCollection<Member> others, CancellationToken ct)
    {
        IsBehind = true;
        await ReplayAsync(newcomer, ct).ConfigureAwait(false);
        if (newcomer.ChatCursor > _cursor || others.Any(m => m.ChatCursor < 0))
        {
            await CatchUpAsync([newcomer, .. others], ct).ConfigureAwait(false);
        }

        IsBehind = false;
    }

    public async Task DeliverAsync(long messageId, string frame, IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        if (messageId == _cursor + 1 && !IsBehind)
        {
            Deliver(messageId, Encoding.UTF8.GetBytes(frame), members);
        }
        else if (messageId > _cursor)
        {
            await CatchUpAsync(members, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Reads and sends all messages after the cursor, and retries the replay of members whose replay failed.</summary>
    public async Task CatchUpAsync(IReadOnlyCollection<Member> members, CancellationToken ct)
    {
        IsBehind = true;
        foreach (var member in members.Where(m => m.ChatCursor < 0))
        {
            await ReplayAsync(member, ct).ConfigureAwait(false);
        }

        while (_cursor >= 0)
        {
            var rows = await chat.ListAfterAsync(meeting.Tenant, meeting.MeetingId, _cursor, PageLines, ct).ConfigureAwait(false);
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

    /// <summary>Returns the reference that the client chose, or null if the server generated it.</summary>
    public static string? ReferenceOf(ChatRow row) => row.Reference is { } name && name.StartsWith(OwnReference) ? null : row.Reference;

    private async Task ReplayAsync(Member newcomer, CancellationToken ct)
    {
        var rows = await chat.ListLastAsync(meeting.Tenant, meeting.MeetingId, ReplayLines, ct).ConfigureAwait(false);
        foreach (var row in rows)
        {
            newcomer.Socket.Send(ToMessage(row));
        }

        newcomer.ChatCursor = rows.Count > 0 ? rows[^1].MessageId : 0;
        if (_cursor < 0)
        {
            _cursor = newcomer.ChatCursor;
        }
    }

    private void Deliver(long messageId, byte[] frame, IReadOnlyCollection<Member> members)
    {
        foreach (var member in members)
        {
            // A member whose replay is pending gets this message with the replay.
            if (member.ChatCursor >= 0 && member.ChatCursor < messageId)
            {
                member.Socket.Send(frame);
                member.ChatCursor = messageId;
            }
        }

        _cursor = messageId;
    }
}
