namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>Maps a media section of the offer to its source.</summary>
public sealed record PublishedTrack(string Mid, TrackSource Source);
