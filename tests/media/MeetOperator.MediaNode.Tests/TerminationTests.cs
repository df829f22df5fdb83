using System.Net;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Behavior after SIGTERM, which the kubelet sends when a Pod is deleted.</summary>
public sealed class TerminationTests
{
    [Fact]
    public async Task Terminate_NoParticipants_ExitsAtOnceWithCodeZero()
    {
        await using var node = await NodeProcess.StartAsync(shutdownSeconds: 3600);
        await node.Control.PutRoomAsync("empty", new RoomSpec { Generation = 1 }, default);

        node.Terminate();

        Assert.Equal(0, await node.ExitCodeAsync());
        // At its start, the node warns about a runtime that is too old.
        Assert.Equal(MinimumRuntime.FindWarning(Environment.Version), node.Errors.SingleOrDefault(line => line.StartsWith("warning:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Terminate_DuringACall_MediaContinuesUntilParticipantsLeave()
    {
        await using var node = await NodeProcess.StartAsync(shutdownSeconds: 3600);
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        using var alice = await PublishAsync(node);
        using var bob = new SyntheticPeer();
        bob.Connect((await node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(bob) }, default)).Sdp);

        node.Terminate();
        await SyntheticPeer.UntilTrueAsync("the node is not ready", async () => await node.ReadyAsync() == HttpStatusCode.ServiceUnavailable, alice, bob);
        Assert.Equal(NodeState.Draining, (await node.Control.GetNodeAsync(default)).State);
        await node.Control.DrainAsync(false, default);
        var problem = await Assert.ThrowsAsync<NodeControlException>(() => node.Control.PutRoomAsync("new", new RoomSpec { Generation = 1 }, default));
        Assert.Equal("draining", problem.Code);
        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("audio continues", () => Speak(alice) && bob.Rtp.Count > 20, alice, bob);

        await node.Control.DeleteParticipantAsync("r", "alice", default);
        Assert.False(node.HasExited);
        await node.Control.DeleteParticipantAsync("r", "bob", default);
        Assert.Equal(0, await node.ExitCodeAsync());
        await events.UntilAsync("the end", e => e.Last(RoomEventTypes.RoomEnded)?.Reason == "node-shutdown");
    }

    [Fact]
    public async Task Terminate_AfterTimeout_EndsRoomsWithAReason()
    {
        await using var node = await NodeProcess.StartAsync(shutdownSeconds: 1);
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        await node.Control.PutParticipantAsync("r", "stays", new ParticipantSpec { Generation = 1 }, default);

        node.Terminate();

        Assert.Equal(0, await node.ExitCodeAsync());
        await events.UntilAsync("the end", e => e.Last(RoomEventTypes.RoomEnded)?.Reason == "node-shutdown");
    }

    private static bool Speak(SyntheticPeer publisher)
    {
        if (publisher.IsConnected)
        {
            publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
        }

        return true;
    }

    private static async Task<SyntheticPeer> PublishAsync(NodeProcess node)
    {
        var peer = new SyntheticPeer();
        peer.Connect((await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => peer.IsConnected, peer);
        return peer;
    }
}
