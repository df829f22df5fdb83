namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>All video tracks that the client shows now. Video tracks that it does not name are not sent to it.</summary>
public sealed record ViewMessage(IReadOnlyList<ViewedTrack> Tracks) : ClientMessage;
