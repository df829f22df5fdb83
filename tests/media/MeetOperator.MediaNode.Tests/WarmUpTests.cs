using MeetOperator.MediaNode.Errors;
using MeetOperator.MediaNode.Hosting;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

public sealed class WarmUpTests
{
    /// <summary>Placement and draining rely on the report, so the participants of the warm-up call must not appear in it.</summary>
    [Fact]
    public async Task Report_DuringTheSelfCall_ShowsNoParticipants()
    {
        await using var node = await TestNode.StartAsync();
        node.Host.IsReady = false;

        var call = node.Host.WarmUpAsync(default);
        var (reports, during) = (0, 0);
        while (!call.IsCompleted)
        {
            during += node.Host.Rooms.Parts.Any(room => room.ParticipantCount > 0) ? 1 : 0;
            var (report, _) = await node.Host.ReportAsync(default);
            if (node.Host.IsReady)
            {
                break; // The call may end while the figures are collected.
            }

            Assert.Empty(report.Rooms);
            Assert.Equal((0, 0), (report.Participants, report.LoopReports.Sum(loop => loop.ConnectedSessions)));
            reports++;
        }

        await call;
        Assert.True(node.Host.IsReady);
        Assert.True(reports > 0 && during > 0, $"{reports} reports, {during} of them during the call");
    }

    /// <summary>If the media node has several loops, somebody on another loop receives the publisher of the call, who also moves to another room over a link. Afterwards, no room is left.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task SelfCall_OnNewNode_GetsMediaAndMoves(int loops)
    {
        await using var node = await TestNode.StartAsync(o => o with { UdpPorts = [.. Enumerable.Repeat(0, loops)] });

        Assert.Equal((true, true), await SelfCall.RunAsync(node.Host, default));

        Assert.All(node.Host.Loops, loop => Assert.Equal(0, loop.LoopLinks.Count));
        Assert.Equal(0, node.Host.Rooms.ParticipantCount);
        foreach (var room in new[] { RoomIds.SelfCall, RoomIds.SelfMove })
        {
            await Assert.ThrowsAsync<ControlProblemException>(() => node.Host.Rooms.ReportAsync(room, default));
        }
    }

    /// <summary>The operator sees from the report that a loop stands still. The node is ready for meetings on the other one.</summary>
    [Fact]
    public async Task WarmUp_AnotherLoopStandsStill_Ends()
    {
        await using var node = await TestNode.StartAsync(o => o with { UdpPorts = [0, 0] });
        node.Host.IsReady = false;
        await using var held = await HeldLoop.HoldAsync(node.Host.Loops[1]);

        await node.Host.WarmUpAsync(default).WaitAsync(TimeSpan.FromSeconds(40));

        Assert.True(node.Host.IsReady);
    }

    /// <summary>A node that the operator drains while it starts does not end, and says that it drains.</summary>
    [Fact]
    public async Task WarmUp_NodeIsDrained_EndsAndTheNodeDrains()
    {
        await using var node = await TestNode.StartAsync();
        node.Host.IsReady = false;
        await node.Control.DrainAsync(drain: true, default);

        await node.Host.WarmUpAsync(default);

        Assert.True(node.Host.IsReady);
        Assert.Equal(NodeState.Draining, node.Host.State);
    }
}
