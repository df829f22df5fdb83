namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>A camera or screen of a participant, its size on the screen in device pixels, and whether the participant has chosen to see it before others.</summary>
public sealed record ViewedTrack(string ParticipantId, TrackSource Source, int Width, int Height, bool IsPinned = false);
