namespace MeetOperator.Signaling.Data.Rows;

/// <summary>A user. <see cref="UserId"/> is the ID in the tenant's own system.</summary>
public sealed record UserRow
{
    public required string Tenant { get; init; }
    public required string UserId { get; init; }
    public required string Name { get; init; }
    public string? Email { get; init; }
    public string? ProfilePicture { get; init; }
}
