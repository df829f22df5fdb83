using System.Net;
using System.Net.Sockets;
using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tests.Links;
using MeetOperator.NodeControl;
using MeetOperator.Relay.Framing;
using MeetOperator.Relay.Messages;
using MeetOperator.Relay.Transport;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Attempts to get into the link between the loops of a room, or to make a track go in circles through it.</summary>
public sealed class RoomPartsHostileTests
{
    /// <summary>The link is not on a socket, so there is no tag that a datagram could have, and nothing to capture. Also a participant of the room is a stranger.</summary>
    [Fact]
    public async Task Datagrams_OfAStrangerOrAParticipant_GetIntoNoLink()
    {
        await using var room = await PartedRoom.StartAsync();
        var right = await room.PublishAsync("right");
        var left = await room.SubscribeAsync("left", tracks: 2);
        await room.UntilReceivedAsync(right, 1, left);
        using var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var random = new Random(1);
        var before = await UnknownAsync(room);
        const int Datagrams = 500;

        for (var i = 0; i < Datagrams; i++)
        {
            var datagram = new byte[40 + random.Next(200)];
            random.NextBytes(datagram);
            (datagram[0], datagram[1]) = (LinkDatagram.FirstByte, (byte)(1 + (i % 5))); // all kinds
            foreach (var loop in room.Node.Host.Loops)
            {
                stranger.SendTo(datagram, new IPEndPoint(IPAddress.Loopback, loop.Port));
            }

            right.SendRaw(datagram);
        }

        await room.UntilTrueAsync("they are dropped", async () => await UnknownAsync(room) > before + Datagrams); // the kernel may drop some
        await room.UntilReceivedAsync(right, 2, left);
        Assert.Equal(2, await room.AtAsync("left", r => r.Tracks.Relayed.Count()));
        Assert.Equal((2, 2), ((await room.Node.Control.GetRoomAsync(PartedRoom.Room, default)).Participants, room.Node.Host.Rooms.Parts.Count));
    }

    [Theory]
    [InlineData("#1", 1, true)]
    [InlineData("#1", 2, false)]
    [InlineData("#2", 1, false)]
    [InlineData("#0", 1, false)]
    [InlineData("ns/other", 1, false)]
    [InlineData("ns/other", 2, false)]
    public void Announce_FromAPart_OnlyItsOwnTracksAreTaken(string origin, int hops, bool isTaken) => AssertTaken(LinkEnd.OfPart(1), origin, hops, isTaken);

    [Theory]
    [InlineData("#0", 1, true)]
    [InlineData("#0", 2, false)]
    [InlineData("#2", 2, true)]
    [InlineData("#2", 1, false)]
    [InlineData("#1", 1, false)]
    [InlineData("#1", 2, false)]
    [InlineData("ns/other", 2, true)]
    [InlineData("ns/other", 3, false)]
    public void Announce_FromTheHub_AnythingButOwnTracksIsTaken(string origin, int hops, bool isTaken) => AssertTaken(LinkEnd.OfHub(1), origin, hops, isTaken);

    /// <summary>Another media node cannot pass itself off as a part.</summary>
    [Theory]
    [InlineData("ns/other", 1, true)]
    [InlineData("ns/other", 2, false)]
    [InlineData("#0", 1, false)]
    [InlineData("#1", 1, false)]
    [InlineData("#1", 2, false)]
    public void Announce_FromANode_OnlyItsOwnTracksAreTaken(string origin, int hops, bool isTaken) => AssertTaken(LinkEnd.OfNode("ns/other"), origin, hops, isTaken);

    private static void AssertTaken(LinkEnd end, string origin, int hops, bool isTaken)
    {
        var link = new LinkIncoming(new SimulatedLinkEnd(1, () => 0), new CarryAll(), end, ownSsrc: 2);
        link.Open(0);
        var message = new TrackAddedMessage
        {
            Track = 1,
            Carriage = 1,
            Hops = (byte)hops,
            Origin = origin,
            OriginGeneration = 1,
            ParticipantId = "alice",
            Source = LinkTrackSource.Camera,
            Codec = new RelayedCodec { Name = "VP8", ClockRate = 90000, PayloadType = 96, RtxPayloadType = 97 },
            Layers = [new RelayedLayer("", 10, 11)],
        };
        Span<byte> bytes = stackalloc byte[LinkMessage.MaximumLength];

        link.OnMessage(0, bytes[..message.Write(bytes)]);

        Assert.Equal((isTaken ? 1 : 0, isTaken ? 0 : 1L), (link.Tracks.Count, link.Refusals[LinkRefusal.Origin]));
    }

    private static async Task<long> DropsAsync(MediaLoop loop) => await LinkedLoops.DropsAsync(loop, LinkDropReason.UnknownTag) + await LinkedLoops.DropsAsync(loop, LinkDropReason.Malformed);

    private static async Task<long> UnknownAsync(PartedRoom room) =>
        (await Task.WhenAll(room.Node.Host.Loops.Select(loop => DropsAsync(loop)))).Sum();
}
