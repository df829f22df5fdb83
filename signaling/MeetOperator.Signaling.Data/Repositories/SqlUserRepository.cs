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
}
