namespace MeetOperator.MediaNode.Tests;

/// <summary>Pacing keeps the packets of a picture together: they leave in one message to the kernel.</summary>
public sealed class PacedFrameTests : IAsyncLifetime
{
    private const int Packets = 8;
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task Frame_SeveralPackets_LeaveInOneMessage()
    {
        var (datagrams, messages) = (0L, 0L);
        await SyntheticPeer.UntilTrueAsync(
            "a frame leaves while nothing else is sent",
            async () =>
            {
                var (before, received) = (await SentAsync(), _rooms.Bob.Rtp.Count);
                await _rooms.InOneBatchAsync(() => _rooms.SendFromAlice(Packets));
                await SyntheticPeer.UntilAsync("the frame has arrived", () => _rooms.Bob.Rtp.Count >= received + Packets, _rooms.Alice, _rooms.Bob);
                var after = await SentAsync();
                (datagrams, messages) = (after.Datagrams - before.Datagrams, after.Messages - before.Messages);
                return datagrams == Packets;
            },
            _rooms.Alice,
            _rooms.Bob);

        Assert.Equal(1, messages);
    }

    private Task<(long Datagrams, long Messages)> SentAsync() => _rooms.OnLoopAsync(() => (_rooms.Loop.Egress.SentDatagrams, _rooms.Loop.Egress.SentMessages));
}
