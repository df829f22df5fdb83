using MeetOperator.Sdp;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>A published track and its negotiated codec.</summary>
internal sealed record PublishedTrack(UpTrack Track, RtpCodec Codec)
{
    public TrackTraffic Traffic { get; } = new();

    public string Kind => Track.Options.Kind == MediaKind.Audio ? "audio" : "video";

    public string Source => TrackSources.Name(Track.Source);

    /// <summary>The msid stream ID. Clients synchronize the tracks of one stream, so a screen share has a stream of its own.</summary>
    public string StreamId => Track.Source is TrackSource.Screen or TrackSource.ScreenAudio ? Track.ParticipantId + "-screen" : Track.ParticipantId;
}
