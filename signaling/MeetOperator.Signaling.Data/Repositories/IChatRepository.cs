using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IChatRepository
{
    /// <summary>
    /// Stores the message with the next ID of its meeting. Ignores <see cref="ChatRow.MessageId"/> of the argument. If the sender already used the reference in
    /// this meeting, nothing is stored and the result contains the existing message. The same transaction checks that the meeting is open and that the sender
    /// is in it, so nothing is stored after a removal or the end of the meeting is committed.
    /// </summary>
    Task<AppendResult> AppendAsync(ChatRow message, CancellationToken ct);

    /// <summary>Lists up to <paramref name="limit"/> messages after <paramref name="afterMessageId"/>, oldest first.</summary>
    Task<IReadOnlyList<ChatRow>> ListAfterAsync(string tenant, string meetingId, long afterMessageId, int limit, CancellationToken ct);

    /// <summary>Lists the last <paramref name="limit"/> messages, oldest first.</summary>
    Task<IReadOnlyList<ChatRow>> ListLastAsync(string tenant, string meetingId, int limit, CancellationToken ct);
}
