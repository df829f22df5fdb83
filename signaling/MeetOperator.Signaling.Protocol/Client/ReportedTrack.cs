namespace MeetOperator.Signaling.Protocol.Client;

/// <summary>
/// One received track in a quality report. Loss and the frozen part of the time are fractions from 0 to 1. The frame rate and the height in pixels are null for sound.
/// </summary>
public sealed record ReportedTrack(
    string ParticipantId, TrackSource Source, ReceivedQuality Quality, double Kbps, double Loss, double JitterMs, double Frozen, double? FramesPerSecond, int? Height);
