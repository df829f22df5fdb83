namespace MeetOperator.Signaling.Protocol.Client;

/// <summary><c>mute</c> (<see cref="Muted"/>) or <c>unmute</c>. The response carries the same <see cref="Reference"/>; a message without one gets no response.</summary>
public sealed record MuteMessage(MediaType MediaType, bool Muted, string? Reference = null) : ClientMessage;
