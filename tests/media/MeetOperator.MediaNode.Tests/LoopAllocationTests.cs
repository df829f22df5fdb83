using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The loop allocates no managed memory for a packet that arrives.</summary>
public sealed class LoopAllocationTests : IAsyncLifetime
{
    private const int Packets = 4_000;
    private TwoRooms _rooms = null!;

    /// <summary>What the questions of this test allocate on the loop.</summary>
    private long _ofStatistics;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task OnRtp_ManyPackets_AllocatesNothingForEach()
    {
        using var peer = new SyntheticPeer();
        peer.Connect((await _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("connected", () => peer.IsConnected, peer);
        await SendAsync(peer, Packets);
        var before = await AllocatedAsync();

        await SendAsync(peer, Packets);

        Assert.InRange((await AllocatedAsync() - before) / (double)Packets, 0, 8);
    }

    private Task<long> AllocatedAsync() => _rooms.OnLoopAsync(() => GC.GetAllocatedBytesForCurrentThread() - _ofStatistics);

    private async Task SendAsync(SyntheticPeer peer, int packets)
    {
        var target = await ReceivedAsync() + packets;
        await SyntheticPeer.UntilTrueAsync(
            "packets arrived",
            async () =>
            {
                for (var i = 0; i < 100; i++)
                {
                    peer.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2], marker: true);
                }

                return await ReceivedAsync() >= target;
            },
            peer);
    }

    private Task<long> ReceivedAsync() => _rooms.OnLoopAsync(() =>
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var received = _rooms.Loop.Statistics().ReceivedDatagrams;
        _ofStatistics += GC.GetAllocatedBytesForCurrentThread() - before;
        return received;
    });
}
