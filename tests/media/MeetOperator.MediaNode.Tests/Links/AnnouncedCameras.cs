using MeetOperator.MediaNode.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>The end of a hub on its link to a part that has announced cameras of one layer. The SSRC of camera i is 10 × i.</summary>
internal static class AnnouncedCameras
{
    public static LinkIncoming Open(CarryAll owner, int count, MemoryBudget? memory = null)
    {
        var link = new LinkIncoming(new SimulatedLinkEnd(1, () => 0), owner, LinkEnd.OfPart(1), ownSsrc: 2, memory);
        link.Open(0);
        var buffer = new byte[LinkMessage.MaximumLength];
        for (var i = 1u; i <= count; i++)
        {
            link.OnMessage(0, buffer.AsSpan(0, Announcement(1, i).Write(buffer)));
        }

        return link;
    }

    public static TrackAddedMessage Announcement(int part, uint camera) => new()
    {
        Track = camera,
        Carriage = 1,
        Hops = 1,
        Origin = LinkEnd.NameOf(part),
        OriginGeneration = 1,
        ParticipantId = $"p{camera}",
        Source = LinkTrackSource.Camera,
        Codec = new RelayedCodec { Name = "VP8", ClockRate = 90000, PayloadType = 96, RtxPayloadType = 97 },
        Layers = [new RelayedLayer("", 10 * camera, (10 * camera) + 1)],
    };
}
