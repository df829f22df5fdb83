namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>All video tracks that the client shows now. Video tracks that it does not name are not sent to it.</summary>
/// <param name="Tracks">The tracks.</param>
/// <param name="Pinned">IDs of the participants whose microphone is sent although others are louder, also while nothing of them is shown.</param>
public sealed record ViewMessage(IReadOnlyList<ViewedTrack> Tracks, IReadOnlyList<string> Pinned) : ClientMessage;
