namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>The client receives all media of participant <see cref="To"/> directly, in the topology with this generation.</summary>
public sealed record P2pReadyMessage(string To, long Generation) : ClientMessage;
