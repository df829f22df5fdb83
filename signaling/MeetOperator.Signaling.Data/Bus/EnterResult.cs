namespace MeetOperator.Signaling.Data.Bus;

/// <summary><see cref="Entry"/> is the stored entry. It keeps the mute states and <see cref="PresenceEntry.Since"/> of a previous entry.</summary>
public sealed record EnterResult(EnterOutcome Outcome, PresenceEntry? Entry);
