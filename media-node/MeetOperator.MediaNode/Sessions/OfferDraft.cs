using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>An offer to a subscriber, whose SDP may not be written yet. Immutable.</summary>
internal sealed record OfferDraft
{
    public required string SessionId { get; init; }

    public required int Revision { get; init; }

    public required OfferSdp Sdp { get; init; }

    public required IReadOnlyList<TrackDescription> Tracks { get; init; }

    /// <summary>The version of <see cref="Tracks"/> when the sections are slots.</summary>
    public int? SlotsVersion { get; init; }

    /// <summary>Writes the offer with its SDP. Not for the thread of a loop.</summary>
    public SubscribeOffer Write() => new()
    {
        SessionId = SessionId,
        Revision = Revision,
        Sdp = Sdp.Text,
        Tracks = Tracks,
        SlotsVersion = SlotsVersion,
    };
}
