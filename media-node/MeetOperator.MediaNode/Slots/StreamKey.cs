using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Slots;

/// <summary>
/// One stream: the tracks of a participant that belong together, so that receivers synchronize them. A camera and a microphone are one stream, a screen and its sound
/// another.
/// </summary>
/// <param name="ParticipantId">The publishing participant.</param>
/// <param name="IsScreen">Whether it is the participant's screen and its sound.</param>
internal readonly record struct StreamKey(string ParticipantId, bool IsScreen)
{
    public static StreamKey Of(UpTrack track) => new(track.ParticipantId, track.Source is TrackSource.Screen or TrackSource.ScreenAudio);
}
