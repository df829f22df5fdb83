using MeetOperator.MediaNode.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Allocation;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests.Links;

/// <summary>What a link costs the nodes at its ends.</summary>
public sealed class LinkCostTests
{
    /// <summary>The packets of a camera cross, are received and are sent to a viewer beyond the link.</summary>
    [Fact]
    public void OnRtp_RelayedPacket_AllocatesNothing()
    {
        var rooms = new LinkedRooms();
        rooms.Publish(TrackSource.Camera, layers: 3);
        rooms.Run(1_500);
        var viewer = rooms.View(view: TrackView.Of(320, 180));
        rooms.Run(5_000);
        var before = viewer.Received.Count;
        var packets = rooms.ToRight.Rtp[^300..].ConvertAll(packet => packet.ToArray());
        viewer.IsRecording = false;

        Relay(); // the first round compiles what is not compiled yet
        var allocated = Relay();

        Assert.Equal(0, allocated);
        Assert.Equal(600, viewer.Sent - before);

        long Relay()
        {
            Renumber(packets);
            var start = GC.GetAllocatedBytesForCurrentThread();
            foreach (var packet in packets)
            {
                rooms.Incoming.OnRtp(rooms.Now, packet, rooms.Now);
            }

            return GC.GetAllocatedBytesForCurrentThread() - start;
        }
    }

    /// <summary>The cameras of a large meeting, of which nobody here views any.</summary>
    [Fact]
    public void Announce_FourHundredCameras_TakesLittleMemory()
    {
        var owner = new CarryAll();
        var link = new LinkIncoming(new SimulatedLinkEnd(1, () => 0), owner, LinkEnd.OfNode(LinkedRooms.Left), ownSsrc: 2);
        link.Open(0);
        Announce(1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2u; i <= 401; i++)
        {
            Announce(i);
        }

        var taken = (GC.GetAllocatedBytesForCurrentThread() - before) / 400; // more than what is kept, and not what other tests take at the same time
        Assert.Equal(401, owner.Tracks.Count);
        Assert.InRange(taken, 1_000, 20_000);
        Assert.Equal(LinkIncoming.RetransmissionBytes, link.Retransmissions.AvailableBytes);

        void Announce(uint number)
        {
            var buffer = new byte[LinkMessage.MaximumLength];
            var message = new TrackAddedMessage
            {
                Track = number,
                Carriage = 1,
                Hops = 1,
                Origin = LinkedRooms.Left,
                OriginGeneration = 1,
                ParticipantId = $"p{number}",
                Source = LinkTrackSource.Camera,
                Codec = new RelayedCodec { Name = "VP8", ClockRate = 90000, PayloadType = 96, RtxPayloadType = 97 },
                Layers = [.. Enumerable.Range(0, 3).Select(i => new RelayedLayer($"r{i}", (number * 10) + (uint)i, (number * 10) + 5 + (uint)i))],
            };
            link.OnMessage(0, buffer.AsSpan(0, message.Write(buffer)));
        }
    }

    /// <summary>A large meeting moves: all its tracks are awaited at once. The memory that this takes grows with their number, not with its square.</summary>
    [Fact]
    public void Await_ManyTracks_CostsTheSameForEach()
    {
        Run(100);

        var (few, many) = (Run(200), Run(1_600));

        Assert.InRange((double)many / few, 1, 16); // 8 times the tracks; with a list of all for each of them it is 64

        static long Run(int tracks)
        {
            var link = AnnouncedCameras.Open(new CarryAll { Carries = false }, tracks);
            Assert.Equal(tracks, link.Tracks.Count);
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var track in link.Tracks)
            {
                link.Await(track);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static void Renumber(List<byte[]> packets)
    {
        var last = Last(packets[^1]);
        for (var i = 0; i < packets.Count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packets[i].AsSpan(2), (ushort)(last + 1 + i));
        }

        static ushort Last(byte[] packet) => System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(2));
    }
}
