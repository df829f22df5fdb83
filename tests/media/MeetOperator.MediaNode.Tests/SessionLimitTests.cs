using System.Net;
using MeetOperator.NodeControl;
using MeetOperator.Sdp;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Offers and answers for an ended session are rejected, and a session without free sections is reported once.</summary>
public sealed class SessionLimitTests : IAsyncLifetime
{
    private TestNode _node = null!;
    private RoomEvents _events = null!;

    public async Task InitializeAsync()
    {
        _node = await TestNode.StartAsync();
        await _node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1, MaxParticipants = 1000 }, default);
        _events = await RoomEvents.OpenAsync(_node.Control, "r");
    }

    public async Task DisposeAsync()
    {
        await _events.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Publish_OfferForEndedSession_IsRejectedAndOpensNone()
    {
        using var alice = new SyntheticPeer();
        var first = await _node.Control.PublishAsync("r", "alice", Offer(alice), default);
        Assert.Equal(first.SessionId, (await _node.Control.PublishAsync("r", "alice", Offer(alice) with { SessionId = first.SessionId }, default)).SessionId);
        await _node.Control.DeleteSessionAsync("r", first.SessionId, default);

        await AssertUnknownAsync(() => _node.Control.PublishAsync("r", "alice", Offer(alice) with { SessionId = first.SessionId }, default));
        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).UpTracks);

        // An offer for another session does not change the current one.
        var second = await _node.Control.PublishAsync("r", "alice", Offer(alice), default);
        await AssertUnknownAsync(() => _node.Control.PublishAsync("r", "alice", Offer(alice) with { SessionId = first.SessionId }, default));
        Assert.Equal(2, (await _node.Control.GetRoomAsync("r", default)).UpTracks);
        var restarted = await _node.Control.PublishAsync("r", "alice", Offer(alice) with { SessionId = first.SessionId, Restart = true }, default);
        Assert.NotEqual(second.SessionId, restarted.SessionId);
    }

    [Fact]
    public async Task Publish_OfferForUnknownParticipant_AddsNoParticipant()
    {
        using var alice = new SyntheticPeer();

        await AssertUnknownAsync(() => _node.Control.PublishAsync("r", "alice", Offer(alice) with { SessionId = "abc" }, default));

        Assert.Equal(0, (await _node.Control.GetRoomAsync("r", default)).Participants);
    }

    [Fact]
    public async Task Answer_ForReplacedSession_IsRejected()
    {
        using var alice = new SyntheticPeer();
        await _node.Control.PublishAsync("r", "alice", Offer(alice), default);
        using var bob = new SyntheticPeer();
        var first = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        var second = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true }, default);
        Assert.Equal(first.Revision, second.Revision);

        await AssertUnknownAsync(() => _node.Control.AnswerAsync("r", "bob", Answer(first, bob), default));
        await _node.Control.AnswerAsync("r", "bob", Answer(second, bob), default);
        bob.Connect(second.Sdp);
        await SyntheticPeer.UntilAsync("connected", () => bob.IsConnected, bob);
    }

    [Fact]
    public async Task Subscribe_MoreTracksThanSections_IsReportedOnce()
    {
        using var peer = new SyntheticPeer();
        for (var i = 0; i < 33; i++)
        {
            await _node.Control.PublishAsync("r", $"p{i}", new SdpOffer { Generation = 1, Sdp = TestSdp.Microphones(peer, 16) }, default);
        }

        using var bob = new SyntheticPeer();
        var offer = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        Assert.Equal(SdpLimits.MaxSections, offer.Tracks.Count);
        await _events.UntilAsync("full", e => Full(e).Count == 1);
        Assert.Equal(("bob", "subscribe", offer.SessionId), (Full(_events)[0].ParticipantId!, Full(_events)[0].Kind!, Full(_events)[0].SessionId!));
        Assert.Contains("512 sections: 16 tracks", Full(_events)[0].Reason, StringComparison.Ordinal);

        await _node.Control.AnswerAsync("r", "bob", Answer(offer, bob), default);
        await _node.Control.DeleteParticipantAsync("r", "p0", default);
        await _events.UntilAsync("the other tracks get sections", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision == offer.Revision + 1);
        var next = _events.Last(RoomEventTypes.Offer, "bob")!;
        Assert.Equal(SdpLimits.MaxSections, next.Tracks!.Count);
        await _node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { SessionId = next.SessionId, Revision = next.Revision!.Value, Sdp = TestSdp.Answer(next.Sdp!, bob) }, default);
        Assert.Single(Full(_events));
        Assert.Single(_events.All, e => e.Type == RoomEventTypes.Offer);
    }

    [Fact]
    public async Task Subscribe_LaterOffers_KeepSessionIdAndIncrementVersion()
    {
        using var alice = new SyntheticPeer();
        using var bob = new SyntheticPeer();
        await _node.Control.PublishAsync("r", "alice", Offer(alice), default);
        var first = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await _node.Control.AnswerAsync("r", "bob", Answer(first, bob), default);
        await _node.Control.PublishAsync("r", "alice", Offer(alice) with { Sdp = TestSdp.Publish(alice, video: false) }, default);
        await _events.UntilAsync("the next offer", e => e.Last(RoomEventTypes.Offer, "bob")?.Revision == first.Revision + 1);
        var other = await _node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1, Restart = true }, default);

        var (before, after) = (Origin(first.Sdp), Origin(_events.Last(RoomEventTypes.Offer, "bob")!.Sdp!));
        Assert.Equal(before[1], after[1]);
        Assert.Equal(ulong.Parse(before[2]) + 1, ulong.Parse(after[2]));
        Assert.NotEqual(before[1], Origin(other.Sdp)[1]);

        static string[] Origin(string sdp) => sdp.Split("\r\n").First(l => l.StartsWith("o=", StringComparison.Ordinal)).Split(' ');
    }

    private static List<RoomEvent> Full(RoomEvents events) => [.. events.All.Where(e => e.State == "full")];

    private static SdpOffer Offer(SyntheticPeer peer) => new() { Generation = 1, Sdp = TestSdp.Publish(peer) };

    private static SubscribeAnswer Answer(SubscribeOffer offer, SyntheticPeer peer) =>
        new() { SessionId = offer.SessionId, Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) };

    private static async Task AssertUnknownAsync(Func<Task> call)
    {
        var problem = await Assert.ThrowsAsync<NodeControlException>(call);
        Assert.Equal((HttpStatusCode.NotFound, "unknown-session"), (problem.Status, problem.Code));
    }
}
