using MeetOperator.Signaling.Data.Bus;
using MeetOperator.Signaling.Data.Repositories;
using MeetOperator.Signaling.Data.Rows;
using MeetOperator.Signaling.Protocol.Server;

namespace MeetOperator.Signaling.Features.Chat;

/// <summary>The stored chat messages of one meeting.</summary>
internal sealed class ChatLog(IChatRepository chat, MeetingKey meeting) : IMeetingLog<ChatRow>
{
    /// <summary>Prefix of references that the server generates. References of clients cannot start with it.</summary>
    private const char OwnReference = '~';

    /// <summary>Returns a reference for a message whose client chose none.</summary>
    public static string NewReference() => $"{OwnReference}{Guid.NewGuid():N}";

    /// <summary>Returns the reference that the client chose, or null if the server generated it.</summary>
    public static string? ReferenceOf(ChatRow row) => row.Reference is { } name && name.StartsWith(OwnReference) ? null : row.Reference;

    /// <inheritdoc cref="IChatRepository.AppendAsync"/>
    public Task<AppendResult> AppendAsync(ChatRow entry, CancellationToken ct) => chat.AppendAsync(entry, ct);

    public Task<IReadOnlyList<ChatRow>> ListAfterAsync(long position, int limit, CancellationToken ct) =>
        chat.ListAfterAsync(meeting.Tenant, meeting.MeetingId, position, limit, ct);

    public Task<IReadOnlyList<ChatRow>> ListLastAsync(int limit, CancellationToken ct) => chat.ListLastAsync(meeting.Tenant, meeting.MeetingId, limit, ct);

    public long PositionOf(ChatRow entry) => entry.MessageId;

    public byte[] FrameOf(ChatRow entry) => new ForwardedChatMessage(
        entry.SenderId, entry.DisplayName, entry.Content, DateTimeOffset.FromUnixTimeMilliseconds(entry.Timestamp), entry.MessageId, ReferenceOf(entry)).ToUtf8();
}
