using MeetOperator.Signaling.Data.Rows;

namespace MeetOperator.Signaling.Data.Repositories;

public interface IUserRepository
{
    /// <summary>Writes the row unless it already exists. Never updates an existing row, because the name in a join request is not verified.</summary>
    Task AddAsync(UserRow user, CancellationToken ct);
}
