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
    public async Task Call_AnotherOneRuns_IsRefused()
    {
        await using var node = await TestNode.StartAsync();

        var reports = await Task.WhenAll(node.Host.CallAsync(default), node.Host.CallAsync(default));

        Assert.Equal("another test call is running", Assert.Single(reports, report => report.Problem is not null).Problem);
        Assert.Null((await node.Host.CallAsync(default)).Problem);
    }
}
