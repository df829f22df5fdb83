namespace MeetOperator.Signaling.Data;

public interface IUserRepository
{
    /// <summary>Writes the row unless there is one: who joins says a name of himself that nobody has checked.</summary>
    Task AddAsync(UserRow user, CancellationToken ct);

    Task<UserRow?> FindAsync(string tenant, string userId, CancellationToken ct);
}
