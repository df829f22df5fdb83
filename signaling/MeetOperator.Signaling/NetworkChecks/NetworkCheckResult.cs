namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>Body of <c>PUT /meetings/{id}/checks/{checkId}/result</c>.</summary>
internal sealed record NetworkCheckResult
{
    /// <summary>The ways that the client tried, at most 16.</summary>
    public IReadOnlyList<CheckedRung>? Rungs { get; init; }
}
