using System.Collections.Concurrent;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;
using Microsoft.Extensions.Logging;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The end of a media node of which one loop stands still.</summary>
public sealed class LoopShutdownTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_LoopStandsStill_ReturnsAndNamesIt()
    {
        var log = new Recorder();
        MediaLoop[] loops = [new([System.Net.IPAddress.Loopback], 0, 1 << 16, log), new([System.Net.IPAddress.Loopback], 0, 1 << 16, log)];
        Array.ForEach(loops, loop => loop.Start());
        await using var held = await HeldLoop.HoldAsync(loops[0]);

        var areEnded = await Task.Run(() => LoopShutdown.Run(loops, log)).WaitAsync(Limit);

        Assert.False(areEnded);
        Assert.Contains($"UDP port {loops[0].Port} ", Assert.Single(log.Lines), StringComparison.Ordinal);
        Assert.True(loops[1].WaitForStop(TimeSpan.Zero));
    }

    [Fact]
    public async Task Run_AllLoopsWork_EndsThemSilently()
    {
        var log = new Recorder();
        MediaLoop[] loops = [new([System.Net.IPAddress.Loopback], 0, 1 << 16, log), new([System.Net.IPAddress.Loopback], 0, 1 << 16, log)];
        Array.ForEach(loops, loop => loop.Start());

        Assert.True(await Task.Run(() => LoopShutdown.Run(loops, log)).WaitAsync(Limit));
        Assert.Empty(log.Lines);
    }

    [Fact]
    public async Task Dispose_NodeWithStandingLoopAndRoom_Returns()
    {
        var node = await TestNode.StartAsync(options => options with { UdpPorts = [0, 0] });
        await node.Control.PutRoomAsync("r0", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutRoomAsync("r1", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutParticipantAsync("r0", "alice", new ParticipantSpec { Generation = 1 }, default);
        await using var held = await HeldLoop.HoldAsync(node.Host.Rooms.Rooms.Single(room => room.Id == "r0").Loop);

        await node.DisposeAsync().AsTask().WaitAsync(Limit);
    }

    [Fact]
    public async Task ServedParticipantCount_LoopStandsStill_CountsOnlyOthers()
    {
        await using var node = await TestNode.StartAsync(options => options with { UdpPorts = [0, 0] });
        foreach (var room in (string[])["r0", "r1"])
        {
            await node.Control.PutRoomAsync(room, new RoomSpec { Generation = 1 }, default);
            await node.Control.PutParticipantAsync(room, "alice", new ParticipantSpec { Generation = 1 }, default);
        }

        Assert.Equal(2, node.Host.Rooms.ServedParticipantCount);
        await using var held = await HeldLoop.HoldAsync(node.Host.Rooms.Rooms.Single(room => room.Id == "r0").Loop);

        await SyntheticPeer.UntilAsync("the loop stands still", () => node.Host.Rooms.ServedParticipantCount == 1);
        Assert.Equal(2, node.Host.Rooms.ParticipantCount);
    }

    private sealed class Recorder : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Enqueue(formatter(state, exception));
    }
}
