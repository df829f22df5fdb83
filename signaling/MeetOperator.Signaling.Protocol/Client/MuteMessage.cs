namespace MeetOperator.Signaling.Protocol.Client;

/// <summary><c>mute</c> (<see cref="Muted"/>) or <c>unmute</c>.</summary>
public sealed record MuteMessage(MediaType MediaType, bool Muted) : ClientMessage;
