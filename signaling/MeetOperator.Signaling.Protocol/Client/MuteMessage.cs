namespace MeetOperator.Signaling.Protocol.Client;

/// <summary><c>mute</c> (<see cref="Muted"/>) or <c>unmute</c>. The response has the same <see cref="Reference"/>; without one there is none.</summary>
public sealed record MuteMessage(MediaType MediaType, bool Muted, string? Reference = null) : ClientMessage;
