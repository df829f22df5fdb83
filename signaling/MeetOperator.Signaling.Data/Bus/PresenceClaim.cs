namespace MeetOperator.Signaling.Data;

/// <summary>An entry of a connection that was accepted while presence was away.</summary>
/// <param name="Entry">What is to stand there.</param>
/// <param name="Before">The participant's connection that it takes the place of, as far as its instance knew; null when it knew of none.</param>
public sealed record PresenceClaim(PresenceEntry Entry, string? Before);
