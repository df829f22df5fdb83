namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>Body of <c>POST /meetings/{id}/checks</c>.</summary>
internal sealed record NetworkCheckRequest
{
    /// <summary>Where the person is, as in a join.</summary>
    public string? Region { get; init; }

    /// <summary>The ticket of a participant who is in the meeting.</summary>
    public string? Ticket { get; init; }
}
