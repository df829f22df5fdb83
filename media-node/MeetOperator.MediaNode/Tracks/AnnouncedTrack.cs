using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>A track that the other end of a link says it carries. Used only on the loop's thread.</summary>
/// <param name="link">The link.</param>
/// <param name="participantId">The participant that publishes the track.</param>
/// <param name="source">What the track carries.</param>
/// <param name="codec">The codec with the payload types of the link.</param>
/// <param name="options">How the packets on the link are read.</param>
/// <param name="memory">The memory of the link for retransmissions; null for no limit.</param>
internal sealed class AnnouncedTrack(ILinkCarrier link, string participantId, TrackSource source, RtpCodec codec, UpTrackOptions options, MemoryBudget? memory)
{
    public ILinkCarrier Link => link;

    public string ParticipantId => participantId;

    public TrackSource Source => source;

    public RtpCodec Codec => codec;

    public UpTrackOptions Options => options;

    public MemoryBudget? Memory => memory;

    /// <summary>The newest that was announced, as the mute state.</summary>
    public required Carriage Carriage { get; set; }

    public bool IsMuted { get; set; }
}
