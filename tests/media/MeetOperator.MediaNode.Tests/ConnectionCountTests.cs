using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The node counts connections of participants. The trial of a new version depends on them, so that one meeting must not decide it.</summary>
public sealed class ConnectionCountTests
{
    [Fact]
    public async Task Report_ParticipantsOfOneRoomFail_CountsOneOfThem()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await node.Control.PutRoomAsync("s", new RoomSpec { Generation = 1 }, default);
        using var alice = new SyntheticPeer();
        alice.Connect((await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        await SyntheticPeer.UntilTrueAsync("alice is counted", async () => (await node.Control.GetNodeAsync(default)) is { Connections: 1, FailedConnections: 0 }, alice);

        await FailAsync(node, "r", "mallory");
        await FailAsync(node, "r", "mallory");
        await FailAsync(node, "r", "trudy");
        Assert.Equal((2, 1), await CountsAsync(node));

        await FailAsync(node, "s", "mallory");
        Assert.Equal((3, 2), await CountsAsync(node));

        await node.Control.DeleteRoomAsync("r", 1, default);
        Assert.Equal((3, 2), await CountsAsync(node)); // A session that connected and ended has not failed.
    }

    private static async Task<(long?, long?)> CountsAsync(TestNode node)
    {
        var report = await node.Control.GetNodeAsync(default);
        return (report.Connections, report.FailedConnections);
    }

    /// <summary>Opens a session whose certificate is not the announced one, and waits for its end.</summary>
    private static async Task FailAsync(TestNode node, string room, string participant)
    {
        await using var events = await RoomEvents.OpenAsync(node.Control, room);
        using var peer = new SyntheticPeer();
        var announced = TestSdp.Publish(peer);
        var at = announced.IndexOf("a=fingerprint:sha-256 ", StringComparison.Ordinal) + "a=fingerprint:sha-256 ".Length;
        var session = await node.Control.PublishAsync(room, participant, new SdpOffer { Generation = 1, Sdp = announced.Replace(announced[at..(at + 95)], string.Join(':', Enumerable.Repeat("00", 32)), StringComparison.Ordinal), Restart = true }, default);
        peer.Connect(session.Sdp);
        await SyntheticPeer.UntilAsync("the session has failed", () => events.All.Any(e => e.SessionId == session.SessionId && e.State == "failed"), peer);
    }
}
