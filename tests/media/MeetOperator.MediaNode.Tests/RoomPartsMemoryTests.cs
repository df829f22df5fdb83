using MeetOperator.MediaNode.Links;
using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Tests.Links;
using MeetOperator.Relay.Messages;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The memory that the links between the loops of a media node take has a limit for each loop and each link, however large rooms are.</summary>
public sealed class RoomPartsMemoryTests
{
    [Fact]
    public async Task Cross_Camera_TakesItsHistoryFromTheLoopAndReturnsIt()
    {
        await using var room = await PartedRoom.StartAsync();
        var right = await room.PublishAsync("right");
        var left = await room.SubscribeAsync("left", tracks: 2);
        await room.UntilReceivedAsync(right, 1, left);

        Assert.Equal(LoopLinks.HistoryBytes, await TakenAsync(room.Hub.Loop));
        Assert.Equal(0, await TakenAsync(room.Part.Loop));

        await room.Node.Control.DeleteParticipantAsync(PartedRoom.Room, "right", default);
        await room.UntilTrueAsync("the memory is free", async () => await TakenAsync(room.Hub.Loop) == 0);
    }

    /// <summary>A layer of a large meeting has retransmissions also when more layers cross than a link between media nodes has memory for.</summary>
    [Fact]
    public void OnRtp_LayersOfTwoLinks_ShareTheMemoryOfTheLoop()
    {
        const int Layers = 600;
        var memory = new LoopLinks().Retransmissions;
        var (first, second) = (Announce(memory, Layers), Announce(memory, Layers));

        Send(first, Layers);
        Assert.Equal((long)Layers * LoopLinks.HistoryBytes, LoopLinks.RetransmissionBytes - memory.AvailableBytes);

        Send(second, Layers);
        Assert.InRange(memory.AvailableBytes, 0, LoopLinks.HistoryBytes - 1);

        first.Close();
        second.Close();
        Assert.Equal(LoopLinks.RetransmissionBytes, memory.AvailableBytes);
    }

    /// <summary>What the design note says about the memory of a media node.</summary>
    [Fact]
    public void Limits_OfALoopAndALink_AreThoseOfTheDesignNote()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var loop = new MediaLoop([System.Net.IPAddress.Loopback], 0, 1 << 16, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var withoutLink = GC.GetAllocatedBytesForCurrentThread();
        LoopLink.Create(loop, loop);
        var ofLink = GC.GetAllocatedBytesForCurrentThread() - withoutLink;

        Assert.InRange(ofLink, 2 << 20, (2 << 20) + 16_384);
        Assert.Equal((96L << 20, 4 << 20), (LoopLinks.RetransmissionBytes, LoopLink.MaxBytes));
        Assert.InRange(withoutLink - before, 0, 1 << 20); // nothing is reserved for links that do not exist
    }

    private static Task<long> TakenAsync(MediaLoop loop) => LinkedLoops.OnAsync(loop, () => LoopLinks.RetransmissionBytes - loop.LoopLinks.Retransmissions.AvailableBytes);

    /// <summary>A link of a hub to a part that announces cameras with one layer.</summary>
    private static LinkIncoming Announce(MemoryBudget memory, int layers)
    {
        var owner = new CarryAll();
        var link = AnnouncedCameras.Open(owner, layers, memory);
        Assert.Equal(layers, owner.Tracks.Count);
        return link;
    }

    /// <summary>Sends the first packet of a key frame on each layer.</summary>
    private static void Send(LinkIncoming link, int layers)
    {
        for (var i = 1; i <= layers; i++)
        {
            byte[] packet = [0x80, 0x80 | 96, 0, 1, 0, 0, 0, 1, 0, 0, (byte)(10 * i >> 8), (byte)(10 * i), 0x10, 0, 1, 2, 3];
            link.OnRtp(TimeSpan.TicksPerHour, packet, TimeSpan.TicksPerHour);
        }
    }
}
