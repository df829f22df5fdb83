using MeetOperator.MediaNode.Slots;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A subscriber in a growing room, over real sockets: once it has all the slots that there are, whoever joins costs it no negotiation.</summary>
public sealed class SlotGrowthTests : IAsyncLifetime
{
    private const int Sounds = 6;
    private readonly List<SyntheticPeer> _peers = [];
    private TestNode _node = null!;
    private RoomEvents _events = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync(o => o with { SilenceTimeout = TimeSpan.FromMinutes(5), ParticipantTimeout = TimeSpan.FromMinutes(5) });
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
    }

    public async Task DisposeAsync()
    {
        _peers.ForEach(p => p.Dispose());
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Join_AmongThirty_SendsNoOffer()
    {
        var bob = Peer();
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Slots = new SlotCounts { Audio = Sounds, Video = SlotLimits.MaxPictures } }, default);
        await AnswerAsync(bob, offer.Revision, offer.Sdp);
        bob.Connect(offer.Sdp);
        await SyntheticPeer.UntilAsync("bob is connected", () => bob.IsConnected, bob);
        for (var i = 0; i < 14; i++)
        {
            await PublishAsync($"p{i}");
        }

        var (revision, sdp) = (offer.Revision, offer.Sdp);
        while (Sections(sdp) < Sounds + (2 * SlotLimits.MaxPictures))
        {
            await _events.UntilAsync("more slots", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision > revision);
            var next = _events.Last(RoomEventTypes.Offer, "bob")!;
            (revision, sdp) = (next.Revision!.Value, next.Sdp!);
            await AnswerAsync(bob, revision, sdp);
        }

        Assert.InRange(revision, 2, 3);
        await _events.UntilAsync("bob is shown the first ones", _ => Cameras() == 14);
        for (var i = 14; i < 30; i++)
        {
            await PublishAsync($"p{i}");
        }

        await _events.UntilAsync("bob is shown as many as he can", _ => Cameras() == SlotLimits.MaxCameras);
        Assert.Equal(revision, _events.Last(RoomEventTypes.Offer, "bob")!.Revision);
    }

    private static int Sections(string sdp) => sdp.Split("\r\nm=").Length - 1;

    private int Cameras() => _events.Last(RoomEventTypes.Slots, "bob")?.Tracks?.Count(t => t.Source == "camera") ?? 0;

    private Task AnswerAsync(SyntheticPeer peer, int revision, string sdp) =>
        _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { Revision = revision, Sdp = TestSdp.Answer(sdp, peer) }, default);

    private async Task PublishAsync(string name)
    {
        var peer = Peer();
        peer.Connect((await _node.Control.PublishAsync("r", name, new SdpOffer { Generation = 1, Sdp = TestSdp.Publish(peer) }, default)).Sdp);
        await SyntheticPeer.UntilAsync($"{name} is connected", () => peer.IsConnected, peer);
    }

    private SyntheticPeer Peer()
    {
        var peer = new SyntheticPeer();
        _peers.Add(peer);
        return peer;
    }
}
