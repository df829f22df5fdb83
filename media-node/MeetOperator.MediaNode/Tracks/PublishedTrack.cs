using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>A published track, its negotiated codec, and who carries it. Used only on the loop's thread.</summary>
internal sealed class PublishedTrack(UpTrack track, RtpCodec codec)
{
    public UpTrack Track => track;

    public RtpCodec Codec => codec;

    public TrackTraffic Traffic { get; } = new();

    /// <summary>The session or the link that carries the track, or that carried it last; null before it has one.</summary>
    public ITrackCarrier? Carrier { get; private set; }

    /// <summary>What a link said about the track; null while a session of this room carries it.</summary>
    public AnnouncedTrack? Announced { get; private set; }

    /// <summary>Whether a link carries the track.</summary>
    public bool IsRelayed => Announced is not null;

    public Carriage Carriage => Announced?.Carriage ?? (Carrier as ISessionCarrier)?.Carriage ?? default;

    public string Kind => track.Options.Kind == MediaKind.Audio ? "audio" : "video";

    public string Source => TrackSources.Name(track.Source);

    /// <summary>The msid stream ID. Clients synchronize the tracks of one stream, so a screen share has a stream of its own.</summary>
    public string StreamId => track.Source is TrackSource.Screen or TrackSource.ScreenAudio ? track.ParticipantId + "-screen" : track.ParticipantId;

    /// <summary>Whether the track can continue on another carrier without a new offer to subscribers.</summary>
    public bool CanContinue(TrackSource source, RtpCodec other, UpTrackOptions options) =>
        track.Source == source && PayloadTypeAllocator.HaveSameOffer(codec, other) && HasLayersOf(options);

    public bool HasLayersOf(UpTrackOptions options) => track.Options.Layers.Select(l => l.Rid).SequenceEqual(options.Layers.Select(l => l.Rid));

    /// <summary>Records that a session carries the track.</summary>
    public void SetCarrier(ISessionCarrier session) => (Carrier, Announced) = (session, null);

    /// <summary>Records that a link carries the track.</summary>
    public void SetCarrier(AnnouncedTrack announced) => (Carrier, Announced) = (announced.Link, announced);
}
