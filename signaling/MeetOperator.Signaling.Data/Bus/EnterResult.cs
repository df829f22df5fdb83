namespace MeetOperator.Signaling.Data;

/// <summary><see cref="Entry"/> is what is stored now: mute states and <see cref="PresenceEntry.Since"/> of an earlier entry are kept.</summary>
public sealed record EnterResult(EnterOutcome Outcome, PresenceEntry? Entry);
