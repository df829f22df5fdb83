namespace MeetOperator.Signaling.Data;

public interface IUserRepository
{
    /// <summary>Writes or updates; an absent email or picture leaves the stored one.</summary>
    Task SaveAsync(UserRow user, CancellationToken ct);

    Task<UserRow?> FindAsync(string tenant, string userId, CancellationToken ct);
}
