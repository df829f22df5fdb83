using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A participant receives on a new connection, as after a change of network. The former one goes on until the client closes it.</summary>
public sealed class SubscribeRestartTests : IAsyncLifetime
{
    private TestNode _node = null!;
    private SyntheticPeer _alice = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _alice = new SyntheticPeer();
        var answer = await _node.Control.PublishAsync("r", "alice", new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(_alice) }, default);
        _alice.Connect(answer.Sdp);
        await SyntheticPeer.UntilAsync("alice connected", () => _alice.IsConnected, _alice);
    }

    public async Task DisposeAsync()
    {
        _alice.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Subscribe_Restart_FormerConnectionReceivesUntilItIsClosed()
    {
        using var former = new SyntheticPeer();
        using var fresh = new SyntheticPeer();
        await ConnectAsync(former);

        var offer = await OfferAsync();
        await UntilReceivesAsync(former); // the new connection is not even answered
        await ConnectAsync(fresh, offer);
        await UntilReceivesAsync(former, fresh);

        await _node.Host.Rooms.RunAsync(
            "r",
            room =>
            {
                var sessions = room.Participants.Single(p => p.Id == "bob").Sessions;
                sessions.End(sessions.All[0]);
                return true;
            },
            default);
        await UntilReceivesAsync(fresh);
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).DownTracks);
    }

    [Fact]
    public async Task Subscribe_Restarts_LeaveOneFormerConnection()
    {
        using var first = new SyntheticPeer();
        using var second = new SyntheticPeer();
        using var third = new SyntheticPeer();
        await ConnectAsync(first);
        await ConnectAsync(second);
        await ConnectAsync(third);

        await UntilReceivesAsync(second, third);

        Assert.Equal(2, await _node.Host.Rooms.RunAsync("r", room => room.Participants.Single(p => p.Id == "bob").Sessions.All.Count, default));
        Assert.Equal(4, (await _node.Control.GetRoomAsync("r", default)).DownTracks);
    }

    private Task<SubscribeOffer> OfferAsync() => _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true }, default);

    private async Task ConnectAsync(SyntheticPeer peer, SubscribeOffer? pending = null)
    {
        var offer = pending ?? await OfferAsync();
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob connected", () => peer.IsConnected, peer, _alice);
    }

    private Task UntilReceivesAsync(params SyntheticPeer[] peers)
    {
        foreach (var peer in peers)
        {
            peer.Rtp.Clear();
        }

        return SyntheticPeer.UntilAsync(
            "audio and video",
            () =>
            {
                _alice.SendRtp(TestSdp.AudioSsrc, 111, 0, [1, 2, 3]);
                _alice.SendRtp(TestSdp.VideoSsrc, 96, 0, [0x10, 0x00, 1, 2, 3, 4], marker: true); // a key frame
                return peers.All(p => p.Rtp.Count >= 6);
            },
            [_alice, .. peers]);
    }
}
