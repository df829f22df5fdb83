using System.Data.Common;
using Dapper;
using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlChatRepository(ISqlDatabase database) : SqlRepository(database), IChatRepository
{
    private const string Columns = "tenant, meeting_id, message_id, sender_id, display_name, content, timestamp, reference";

    public Task<AppendResult> AppendAsync(ChatRow message, CancellationToken ct) =>
        Database.RunAsync(SqlScope.Of(message.Tenant), connection => AppendAsync(connection, message, ct), ct);

    public Task<IReadOnlyList<ChatRow>> ListAfterAsync(string tenant, string meetingId, long afterMessageId, int limit, CancellationToken ct) =>
        ListAsync<ChatRow>(
            tenant,
            $"""
            SELECT {Columns} FROM chat_messages
            WHERE tenant = @tenant AND meeting_id = @meetingId AND message_id > @afterMessageId
            ORDER BY message_id LIMIT @limit
            """,
            new { tenant, meetingId, afterMessageId, limit },
            ct);

    public Task<IReadOnlyList<ChatRow>> ListLastAsync(string tenant, string meetingId, int limit, CancellationToken ct) =>
        ListAsync<ChatRow>(
            tenant,
            $"""
            SELECT * FROM (
              SELECT {Columns} FROM chat_messages WHERE tenant = @tenant AND meeting_id = @meetingId ORDER BY message_id DESC LIMIT @limit) AS newest
            ORDER BY message_id
            """,
            new { tenant, meetingId, limit },
            ct);

    /// <summary>
    /// Updating the meeting row takes its lock until the commit, so message IDs become visible in order. Removing a participant takes the same lock.
    /// </summary>
    private async Task<AppendResult> AppendAsync(DbConnection connection, ChatRow message, CancellationToken ct)
    {
        await using var transaction = await Database.BeginWriteAsync(connection, ct).ConfigureAwait(false);
        CommandDefinition Command(string sql) => new(sql, message, transaction, cancellationToken: ct);

        var openMeetings = await connection.ExecuteAsync(Command(
            "UPDATE meetings SET last_message_id = last_message_id + 1 WHERE tenant = @Tenant AND meeting_id = @MeetingId AND status <> 'ended'")).ConfigureAwait(false);
        if (openMeetings == 0)
        {
            return AppendResult.Rejected(AppendOutcome.NoMeeting);
        }

        var status = await connection.QueryFirstOrDefaultAsync<string>(Command(
            "SELECT connection_status FROM participants WHERE tenant = @Tenant AND meeting_id = @MeetingId AND participant_id = @SenderId")).ConfigureAwait(false);
        if (status is null or ConnectionStatuses.Removed)
        {
            return AppendResult.Rejected(AppendOutcome.NotMember);
        }

        var duplicate = await connection.QueryFirstOrDefaultAsync<ChatRow>(Command(
            $"SELECT {Columns} FROM chat_messages WHERE tenant = @Tenant AND meeting_id = @MeetingId AND sender_id = @SenderId AND reference = @Reference")).ConfigureAwait(false);
        if (duplicate is not null)
        {
            return new AppendResult(AppendOutcome.Duplicate, duplicate);
        }

        var id = await connection.ExecuteScalarAsync<long>(Command(
            "SELECT last_message_id FROM meetings WHERE tenant = @Tenant AND meeting_id = @MeetingId")).ConfigureAwait(false);
        var stored = message with { MessageId = id };
        await connection.ExecuteAsync(new CommandDefinition(
            $"INSERT INTO chat_messages ({Columns}) VALUES (@Tenant, @MeetingId, @MessageId, @SenderId, @DisplayName, @Content, @Timestamp, @Reference)",
            stored,
            transaction,
            cancellationToken: ct)).ConfigureAwait(false);
        await transaction.CommitAsync(ct).ConfigureAwait(false);
        return new AppendResult(AppendOutcome.Stored, stored);
    }
}
