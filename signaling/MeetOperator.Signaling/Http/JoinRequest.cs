namespace MeetOperator.Signaling;

/// <summary>Body of <c>POST /meetings/{id}/join</c>.</summary>
public sealed record JoinRequest
{
    /// <summary>The person's id in the tenant's own system.</summary>
    public string? UserId { get; init; }

    /// <summary>What the others see, 1 to 100 characters.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Ticket of an earlier join: the same participant comes back.</summary>
    public string? Ticket { get; init; }
}
