using System.Net;
using MeetOperator.MediaNode.Limits;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A participant that replaces its tracks repeatedly does not exhaust the receive sessions of others.</summary>
public sealed class TrackLimitTests
{
    [Fact]
    public async Task Publish_RepeatedSourceChanges_AreRejectedAboveTheLimit()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        await using var events = await RoomEvents.OpenAsync(node.Control, "r");
        using var mallory = new SyntheticPeer();
        using var bob = new SyntheticPeer();
        var offer = Offer("microphone");
        await node.Control.PublishAsync("r", "mallory", offer, default);
        var first = await node.Control.SubscribeAsync("r", "bob", new SubscribeRequest { Generation = 1 }, default);
        await node.Control.PublishAsync("r", "mallory", Offer("screen-audio"), default);

        var problem = await Assert.ThrowsAsync<NodeControlException>(() => node.Control.PublishAsync("r", "mallory", offer, default));

        Assert.Equal((HttpStatusCode.TooManyRequests, "too-many-new-tracks"), (problem.Status, problem.Code));
        Assert.Matches("Offer again in 1?[0-9] s", problem.Message);
        var report = (await node.Control.GetRoomAsync("r", default)).ParticipantList!.Single(p => p.Participant == "mallory");
        Assert.All(report.Tracks, t => Assert.Equal("screen-audio", t.Source));
        await Assert.ThrowsAsync<NodeControlException>(() => node.Control.PublishAsync("r", "mallory", offer with { Restart = true }, default));
        Assert.Equal(16, (await node.Control.GetRoomAsync("r", default)).UpTracks);

        // An offer without new tracks is still answered, and so are offers of other participants.
        await node.Control.PublishAsync("r", "mallory", Offer("screen-audio"), default);
        await node.Control.PublishAsync("r", "carol", Offer("microphone"), default);
        await node.Control.AnswerAsync("r", "bob", new SubscribeAnswer { SessionId = first.SessionId, Revision = first.Revision, Sdp = TestSdp.Answer(first.Sdp, bob) }, default);
        await events.UntilAsync("bob's offer contains the current tracks", e => e.Last(RoomEventTypes.Offer, "bob")?.Tracks?.Count == 32);

        SdpOffer Offer(string source) => Microphones(mallory, source);
    }

    [Fact]
    public async Task Publish_AfterRejoining_KeepsTheTrackLimit()
    {
        await using var node = await TestNode.StartAsync();
        await node.Control.PutRoomAsync("r", new RoomSpec { Generation = 1 }, default);
        using var mallory = new SyntheticPeer();
        foreach (var source in new[] { "microphone", "screen-audio" })
        {
            await node.Control.PublishAsync("r", "mallory", Microphones(mallory, source), default);
        }

        for (var round = 0; round < 2; round++)
        {
            await node.Control.DeleteParticipantAsync("r", "mallory", default);

            var problem = await Assert.ThrowsAsync<NodeControlException>(() => node.Control.PublishAsync("r", "mallory", Microphones(mallory, "microphone"), default));
            Assert.Equal("too-many-new-tracks", problem.Code);
        }

        await node.Control.PublishAsync("r", "carol", Microphones(mallory, "microphone"), default);
    }

    private static SdpOffer Microphones(SyntheticPeer peer, string source) => new()
    {
        Generation = 1,
        Sdp = TestSdp.Microphones(peer, 16),
        Tracks = [.. Enumerable.Range(0, 16).Select(i => new TrackDescription { Mid = $"{i}", Kind = "audio", Source = source })],
    };

    [Fact]
    public void TryTake_MoreThanTheBurst_AllowsOnePerSecond()
    {
        var limit = new TrackLimit();
        var now = TimeSpan.TicksPerHour;
        Assert.True(limit.TryTake(now, 32, out _));
        Assert.False(limit.TryTake(now, 2, out var wait));
        Assert.Equal(TimeSpan.FromSeconds(2), wait);
        Assert.True(limit.TryTake(now, 0, out _));

        now += TimeSpan.TicksPerSecond;
        Assert.True(limit.TryTake(now, 1, out _));
        Assert.False(limit.TryTake(now, 1, out _));

        now += TimeSpan.TicksPerHour;
        Assert.True(limit.TryTake(now, 32, out _));
        Assert.False(limit.TryTake(now, 1, out _));
    }
}
