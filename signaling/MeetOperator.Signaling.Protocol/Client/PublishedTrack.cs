namespace MeetOperator.Signaling.Protocol;

/// <summary>Names the source behind a media section of the offer.</summary>
public sealed record PublishedTrack(string Mid, TrackSource Source);
