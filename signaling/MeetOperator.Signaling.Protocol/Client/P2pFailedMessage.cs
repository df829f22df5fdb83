namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A direct connection of the client failed, in the topology with this generation.</summary>
public sealed record P2pFailedMessage(long Generation) : ClientMessage;
