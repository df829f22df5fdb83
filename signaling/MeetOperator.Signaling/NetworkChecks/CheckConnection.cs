namespace MeetOperator.Signaling.NetworkChecks;

/// <summary>An offer for one connection of a network check, and the answer of the media node.</summary>
internal sealed record CheckConnection
{
    /// <summary>The session description.</summary>
    public string? Sdp { get; init; }
}
