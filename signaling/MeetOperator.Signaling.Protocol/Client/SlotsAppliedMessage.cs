namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>The client shows what version <see cref="Version"/> of its slots says, and nothing of an earlier one.</summary>
public sealed record SlotsAppliedMessage(string SessionId, int Version) : ClientMessage;
