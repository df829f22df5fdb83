namespace MeetOperator.MediaNode.Tests;

public sealed class WarmUpTests
{
    /// <summary>Who drains or fills nodes by their reports must not take the node's call with itself for people.</summary>
    [Fact]
    public async Task Report_DuringTheCallWithItself_NamesNobody()
    {
        await using var node = await TestNode.StartAsync();
        node.Host.IsReady = false;

        var call = node.Host.WarmUpAsync(default);
        var (reports, during) = (0, 0);
        while (!call.IsCompleted)
        {
            during += node.Host.Rooms.ParticipantCount > 0 ? 1 : 0;
            var (report, _) = await node.Host.ReportAsync(default);
            if (node.Host.IsReady)
            {
                break; // The call may have ended while the loops were asked.
            }

            Assert.Empty(report.Rooms);
            Assert.Equal((0, 0), (report.Participants, report.LoopReports.Sum(loop => loop.ConnectedSessions)));
            reports++;
        }

        await call;
        Assert.True(node.Host.IsReady);
        Assert.True(reports > 0 && during > 0, $"{reports} reports, {during} of them during the call");
    }
}
