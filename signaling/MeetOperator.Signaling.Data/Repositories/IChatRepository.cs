namespace MeetOperator.Signaling.Data;

public interface IChatRepository
{
    /// <summary>
    /// Stores the line and gives it the next id of its meeting. <see cref="ChatRow.MessageId"/> of the argument is ignored. A line whose reference its
    /// sender has used before in this meeting is not stored again: the answer is the line of before. That the meeting is open and the sender a member
    /// is checked in the same transaction, so nothing is stored once a removal or the end has been committed.
    /// </summary>
    Task<AppendedLine> AppendAsync(ChatRow line, CancellationToken ct);

    /// <summary>Up to <paramref name="limit"/> lines after <paramref name="afterMessageId"/>, oldest first.</summary>
    Task<IReadOnlyList<ChatRow>> ListAfterAsync(string tenant, string meetingId, long afterMessageId, int limit, CancellationToken ct);

    /// <summary>The last <paramref name="limit"/> lines, oldest first.</summary>
    Task<IReadOnlyList<ChatRow>> ListLastAsync(string tenant, string meetingId, int limit, CancellationToken ct);
}
