namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A camera or screen of a participant, and its size on the screen in device pixels.</summary>
public sealed record ViewedTrack(string ParticipantId, TrackSource Source, int Width, int Height);
