using MeetOperator.Sdp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>A track of the room with the codec that its publisher negotiated.</summary>
internal sealed record PublishedTrack(UpTrack Track, RtpCodec Codec)
{
    public string Kind => Track.Options.Kind == MediaKind.Audio ? "audio" : "video";

    public string Source => TrackSources.Name(Track.Options.Source);

    /// <summary>The msid stream: tracks of one stream are played together, and a screen is shown apart from its sharer.</summary>
    public string StreamId => Track.Options.Source is TrackSource.Screen or TrackSource.ScreenAudio ? Track.ParticipantId + "-screen" : Track.ParticipantId;
}
