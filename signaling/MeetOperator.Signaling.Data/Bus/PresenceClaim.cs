namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The entry of a connection that was accepted while presence was unavailable.</summary>
/// <param name="Entry">The entry to write.</param>
/// <param name="PreviousConnection">The connection that this one replaces, as far as the replica knows; null if it knows of none.</param>
public sealed record PresenceClaim(PresenceEntry Entry, string? PreviousConnection);
