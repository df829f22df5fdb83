using MeetOperator.MediaNode.Tracks;
using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>One media section of a subscriber's session. It carries different tracks over time.</summary>
internal sealed class TrackSection(string mid, string kind)
{
    public string Mid { get; } = mid;

    public string Kind { get; } = kind;

    /// <summary>The track of the next offer, or null when the section is inactive.</summary>
    public PublishedTrack? Track { get; set; }

    /// <summary>The codec with the payload type of this session. It stays set when the section is inactive, because a section must list a codec.</summary>
    public required RtpCodec Codec { get; set; }

    public SsrcPair Ssrcs { get; set; }

    /// <summary>Set from the first answer that accepts the track until the section is offered with another track or without one.</summary>
    public DownTrack? Down { get; set; }

    public OfferedSection ToOffer() => new()
    {
        Mid = Mid,
        Kind = Kind,
        Codecs = [Codec],
        Track = Track is null ? null : new OfferedTrack
        {
            StreamId = Track.StreamId,
            TrackId = Track.Track.TrackId,
            Cname = Track.Track.ParticipantId,
            Ssrcs = Codec.RtxPayloadType is null ? Ssrcs with { Retransmission = null } : Ssrcs,
        },
    };
}
