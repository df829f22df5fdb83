using MeetOperator.MediaNode.Tracks;
using MeetOperator.Relay.Messages;
using MeetOperator.Sdp;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Links;

/// <summary>A track that the other end of a link has announced. <see cref="LinkIncoming"/> changes it; the owner reads it. Used by the loop of the room.</summary>
internal sealed class RelayedTrack
{
    /// <param name="link">The link that announced the track.</param>
    /// <param name="announcement">What was said about it.</param>
    /// <param name="options">How it is received.</param>
    /// <param name="codec">Its codec.</param>
    public RelayedTrack(LinkIncoming link, TrackAddedMessage announcement, UpTrackOptions options, RtpCodec codec)
    {
        Link = link;
        Update(announcement, options, codec);
    }

    public LinkIncoming Link { get; }

    /// <summary>The latest announcement.</summary>
    public TrackAddedMessage Announcement { get; private set; } = null!;

    /// <summary>How the track is received. A new <see cref="UpTrack"/> for it gets this object.</summary>
    public UpTrackOptions Options { get; private set; } = null!;

    public RtpCodec Codec { get; private set; } = null!;

    public string ParticipantId => Announcement.ParticipantId;

    public TrackSource Source => LinkFormats.SourceOf(Announcement.Source);

    public bool IsMuted { get; set; }

    /// <summary>The track of the room that the link carries; null when it carries none for this announcement.</summary>
    public PublishedTrack? Carried { get; set; }

    /// <summary>Whether all its layers are demanded, although another connection carries the track of the room.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>Whether the track was announced in a former channel, and not in the present one so far.</summary>
    public bool IsStale { get; set; }

    /// <summary>What the other end has said about the layers; nothing known at first.</summary>
    public LayerState[] Layers { get; private set; } = [];

    /// <summary>The layers that were demanded last: bit i stands for the i-th one.</summary>
    public byte Demanded { get; set; }

    /// <summary>The layers to demand now.</summary>
    public byte Wanted => IsAwaited ? (byte)((1 << Announcement.Layers.Count) - 1) : Carried?.Track.RequestedBits ?? 0;

    /// <summary>Applies another announcement of the same track.</summary>
    public void Update(TrackAddedMessage announcement, UpTrackOptions options, RtpCodec codec)
    {
        (Announcement, Options, Codec, IsMuted) = (announcement, options, codec, announcement.IsMuted);
        Layers = Layers.Length == announcement.Layers.Count ? Layers : new LayerState[announcement.Layers.Count];
    }

    /// <summary>Whether an announcement is about the same track: participant, source and layers. The SSRCs may differ in another channel.</summary>
    public bool IsSameAs(TrackAddedMessage announcement) =>
        Announcement.ParticipantId == announcement.ParticipantId
        && Announcement.Source == announcement.Source
        && string.Equals(Announcement.Codec.Name, announcement.Codec.Name, StringComparison.OrdinalIgnoreCase)
        && Announcement.Layers.Select(layer => layer.Rid).SequenceEqual(announcement.Layers.Select(layer => layer.Rid), StringComparer.Ordinal);

    /// <summary>Whether an announcement receives the track in the same way as before.</summary>
    public bool HasSameFormat(TrackAddedMessage announcement) =>
        Announcement.Codec == announcement.Codec
        && Announcement.IsEncrypted == announcement.IsEncrypted
        && Announcement.HasLevel == announcement.HasLevel
        && Announcement.Layers.SequenceEqual(announcement.Layers);
}
