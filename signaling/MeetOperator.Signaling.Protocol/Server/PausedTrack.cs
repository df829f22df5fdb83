namespace MeetOperator.Signaling.Protocol.Server;

/// <summary>A camera or screen of a participant.</summary>
public sealed record PausedTrack(string ParticipantId, string Source);
