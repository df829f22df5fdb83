using System.Diagnostics;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>The process is suspended for longer than the silence after which a session ends, as with its virtual machine or on a stalled host.</summary>
public sealed class SuspensionTests
{
    [Fact]
    public async Task Suspend_LongerThanSilence_SessionsContinue()
    {
        await using var node = await NodeProcess.StartAsync(shutdownSeconds: 1);
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var alice = new SyntheticPeer();
        alice.Connect((await node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(alice) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => alice.IsConnected, alice);
        using var bob = new SyntheticPeer();
        bob.Connect((await node.Control.PlayAsync("r", "bob", new PlayRequest { Generation = 1, Sdp = TestSdp.Play(bob) }, default)).Sdp);
        await SyntheticPeer.UntilAsync("bob gets audio", () => Speak(alice) && bob.Rtp.Count > 20, alice, bob);

        node.Suspend();
        var suspended = Stopwatch.StartNew();
        await SyntheticPeer.UntilAsync("more than the silence has passed", () => Speak(alice) && suspended.Elapsed > TimeSpan.FromSeconds(12), alice, bob);
        node.Resume();

        bob.Rtp.Clear();
        await SyntheticPeer.UntilAsync("audio continues", () => Speak(alice) && bob.Rtp.Count > 1_000, alice, bob);
        var room = await node.Control.GetRoomAsync("r", default);
        Assert.Equal(2, room.Connected);
    }

    private static bool Speak(SyntheticPeer publisher)
    {
        if (publisher.IsConnected)
        {
            publisher.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
        }

        return true;
    }
}
