using MeetOperator.Signaling.Data.Databases;
using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public sealed class SqlUserRepository(ISqlDatabase database) : SqlRepository(database), IUserRepository
{
    public Task AddAsync(UserRow user, CancellationToken ct) =>
        ExecuteAsync(
            user.Tenant,
            """
            INSERT INTO users (tenant, user_id, name, email, profile_picture) VALUES (@Tenant, @UserId, @Name, @Email, @ProfilePicture)
            ON CONFLICT (tenant, user_id) DO NOTHING
            """,
            user,
            ct);

    public Task<UserRow?> FindAsync(string tenant, string userId, CancellationToken ct) =>
        FirstAsync<UserRow>(tenant, "SELECT * FROM users WHERE tenant = @tenant AND user_id = @userId", new { tenant, userId }, ct);
}
