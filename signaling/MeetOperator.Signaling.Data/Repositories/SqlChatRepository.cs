using Dapper;

namespace MeetOperator.Signaling.Data;

public sealed class SqlChatRepository(ISqlDatabase database) : SqlRepository(database), IChatRepository
{
    private const string Columns = "tenant, meeting_id, message_id, sender_id, display_name, content, timestamp";

    /// <summary>The meeting's row is the lock: whoever holds it gives the next id and commits before the next one is given, so ids appear in order.</summary>
    public async Task<ChatRow?> AppendAsync(ChatRow line, CancellationToken ct)
    {
        await using var connection = await Database.OpenAsync(ct).ConfigureAwait(false);
        await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        var key = new { line.Tenant, line.MeetingId };
        var known = await connection.ExecuteAsync(new CommandDefinition(
            "UPDATE meetings SET last_message_id = last_message_id + 1 WHERE tenant = @Tenant AND meeting_id = @MeetingId",
            key,
            transaction,
            cancellationToken: ct)).ConfigureAwait(false);
        if (known == 0)
        {
            return null;
        }

        var id = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "SELECT last_message_id FROM meetings WHERE tenant = @Tenant AND meeting_id = @MeetingId", key, transaction, cancellationToken: ct)).ConfigureAwait(false);
        var stored = line with { MessageId = id };
        await connection.ExecuteAsync(new CommandDefinition(
            $"INSERT INTO chat_messages ({Columns}) VALUES (@Tenant, @MeetingId, @MessageId, @SenderId, @DisplayName, @Content, @Timestamp)",
            stored,
            transaction,
            cancellationToken: ct)).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return stored;
    }

    public Task<IReadOnlyList<ChatRow>> ListAfterAsync(string tenant, string meetingId, long afterMessageId, int limit, CancellationToken ct) =>
        ListAsync<ChatRow>(
            $"""
            SELECT {Columns} FROM chat_messages
            WHERE tenant = @tenant AND meeting_id = @meetingId AND message_id > @afterMessageId
            ORDER BY message_id LIMIT @limit
            """,
            new { tenant, meetingId, afterMessageId, limit },
            ct);

    public Task<IReadOnlyList<ChatRow>> ListLastAsync(string tenant, string meetingId, int limit, CancellationToken ct) =>
        ListAsync<ChatRow>(
            $"""
            SELECT * FROM (
              SELECT {Columns} FROM chat_messages WHERE tenant = @tenant AND meeting_id = @meetingId ORDER BY message_id DESC LIMIT @limit) AS newest
            ORDER BY message_id
            """,
            new { tenant, meetingId, limit },
            ct);
}
