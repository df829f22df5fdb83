using MeetOperator.Sdp;
using MeetOperator.Sfu.Layers;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tracks;

/// <summary>A track that the other end of a link says it carries. The link changes it before it reports the change. Used only on the loop's thread.</summary>
/// <param name="link">The link.</param>
/// <param name="participantId">The participant that publishes the track.</param>
/// <param name="source">What the track carries.</param>
/// <param name="memory">The memory of the link for retransmissions; null for no limit.</param>
/// <param name="room">The room that it is announced to; null when that has no parts.</param>
internal sealed class AnnouncedTrack(ILinkCarrier link, string participantId, TrackSource source, MemoryBudget? memory, RoomOrigin? room = null)
{
    private Carriage _carriage;

    public ILinkCarrier Link => link;

    public string ParticipantId => participantId;

    public TrackSource Source => source;

    public MemoryBudget? Memory => memory;

    /// <summary>Its rank. That of another part of the room has the present name of this media node, as it has for other media nodes.</summary>
    public required Carriage Carriage
    {
        get => room is null || _carriage.Part is not { Length: > 0 } ? _carriage : _carriage with { Origin = room.Node };
        set => _carriage = value;
    }

    /// <summary>The codec with the payload types of the link.</summary>
    public required RtpCodec Codec { get; set; }

    /// <summary>How the packets on the link are read.</summary>
    public required UpTrackOptions Options { get; set; }

    public bool IsMuted { get; set; }
}
