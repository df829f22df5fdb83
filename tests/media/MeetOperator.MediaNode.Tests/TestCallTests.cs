using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class TestCallTests
{
    [Fact]
    public async Task Call_ReadyNode_ReceivesItsOwnMedia()
    {
        await using var node = await TestNode.StartAsync();

        var report = await node.Host.CallAsync(default);

        Assert.Null(report.Problem);
        Assert.InRange(report.FirstFrameMs ?? -1, 0, 8000);
        var (after, _) = await node.Host.ReportAsync(default);
        Assert.Empty(after.Rooms);
        Assert.Equal((0, 0), (after.Connections, after.FailedConnections)); // Only participants count.
    }

    [Fact]
    public async Task Call_NodeIsFull_SucceedsAndTakesNoPlace()
    {
        await using var node = await TestNode.StartAsync(options => options with { MaxParticipants = 1 });
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        var call = node.Host.CallAsync(default);
        await node.Control.PutParticipantAsync("r", "a", new ParticipantSpec { Generation = 1 }, default);

        Assert.Null((await call).Problem);
        Assert.Null((await node.Host.CallAsync(default)).Problem);
    }

    [Fact]
    public async Task Call_AnotherOneRuns_WaitsForIt()
    {
        await using var node = await TestNode.StartAsync();

        var reports = await Task.WhenAll(node.Host.CallAsync(default), node.Host.CallAsync(default), node.Host.CallAsync(default));

        Assert.All(reports, static report => Assert.Null(report.Problem));
    }

    [Fact]
    public async Task Call_CanceledInTheMiddle_LeavesNothingBehind()
    {
        await using var node = await TestNode.StartAsync();
        using var canceled = new CancellationTokenSource();
        var call = node.Host.CallAsync(canceled.Token);
        await canceled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Empty(node.Host.Rooms.Rooms);
        Assert.Null((await node.Host.CallAsync(default)).Problem);
    }

    [Fact]
    public async Task Call_ManyTimes_LeavesNoRoomAndNoSession()
    {
        await using var node = await TestNode.StartAsync();
        var sockets = Sockets();
        for (var call = 0; call < 20; call++)
        {
            Assert.Null((await node.Host.CallAsync(default)).Problem);
        }

        Assert.Empty(node.Host.Rooms.Rooms);
        Assert.All((await node.Host.ReportAsync(default)).Loops, static loop => Assert.Equal(0, loop.ConnectedSessions));
        Assert.InRange(Sockets(), 0, sockets + 10); // Each call opens two. Tests of other classes may open some meanwhile.
    }

    /// <summary>Number of sockets of this process.</summary>
    private static int Sockets() => new DirectoryInfo("/proc/self/fd").EnumerateFiles().Count(static file => file.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);
}
