namespace MeetOperator.Relay.Framing;

/// <summary>The first eight bytes of a link datagram.</summary>
/// <param name="Kind">What the datagram carries.</param>
/// <param name="Number">The epoch of the secret in a handshake, the number of the session in all other datagrams.</param>
/// <param name="Tag">Identifies the link at the receiver.</param>
public readonly record struct LinkHeader(LinkDatagramKind Kind, ushort Number, uint Tag);
