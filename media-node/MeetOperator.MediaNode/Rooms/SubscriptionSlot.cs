using MeetOperator.Sdp;
using MeetOperator.Sdp.Negotiation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Rooms;

/// <summary>One media section of a subscriber's session; it outlives the tracks that it carries one after the other.</summary>
internal sealed class SubscriptionSlot(string mid, string kind)
{
    public string Mid { get; } = mid;

    public string Kind { get; } = kind;

    /// <summary>What the next offer says, and null when the section is idle.</summary>
    public PublishedTrack? Track { get; set; }

    /// <summary>Codec under the payload type of this session; kept while idle, as a section always lists one.</summary>
    public required RtpCodec Codec { get; set; }

    public SsrcPair Ssrcs { get; set; }

    /// <summary>Set from the first answer that takes the track until another track, or none, is offered here.</summary>
    public DownTrack? Down { get; set; }

    public OfferedSection ToOffer() => new()
    {
        Mid = Mid,
        Kind = Kind,
        Codec = Codec,
        Track = Track is null ? null : new OfferedTrack
        {
            StreamId = Track.StreamId,
            TrackId = Track.Track.TrackId,
            Cname = Track.Track.ParticipantId,
            Ssrcs = Codec.RtxPayloadType is null ? Ssrcs with { Retransmission = null } : Ssrcs,
        },
    };
}
