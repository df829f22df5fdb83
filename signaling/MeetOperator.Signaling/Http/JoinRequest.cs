namespace MeetOperator.Signaling.Http;

/// <summary>Body of <c>POST /meetings/{id}/join</c>.</summary>
internal sealed record JoinRequest
{
    /// <summary>The user's ID in the tenant's own system.</summary>
    public string? UserId { get; init; }

    /// <summary>The name that other participants see, 1 to 100 characters.</summary>
    public string? DisplayName { get; init; }

    /// <summary>Where the participant is: the name of a region as in the pools, 1 to 63 characters. Without it, the tenant's table of networks decides.</summary>
    public string? Region { get; init; }

    /// <summary>Ticket of an earlier join, to rejoin as the same participant.</summary>
    public string? Ticket { get; init; }
}
