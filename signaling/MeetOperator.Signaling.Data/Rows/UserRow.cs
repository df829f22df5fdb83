namespace MeetOperator.Signaling.Data;

/// <summary>A person known to the tenant's own system by <see cref="UserId"/>.</summary>
public sealed record UserRow
{
    public required string Tenant { get; init; }
    public required string UserId { get; init; }
    public required string Name { get; init; }
    public string? Email { get; init; }
    public string? ProfilePicture { get; init; }
}
