namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>Messages about keys for other participants. The server passes them on and cannot read them.</summary>
public sealed record E2eeKeysMessage(IReadOnlyList<E2eePayload> Keys) : ClientMessage;
