using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>A meeting on two media nodes, on one of them on two loops. The link ends at the hub; the other node knows nothing of parts.</summary>
public sealed class RoomPartsLinkTests : IAsyncLifetime
{
    private const string Room = PartedRoom.Room;
    private PartedRoom _room = null!;
    private TestNode _other = null!;
    private RoomEvents _otherEvents = null!;

    public async Task InitializeAsync()
    {
        (_room, _other) = (await PartedRoom.StartAsync(), await TestNode.StartAsync());
        await _other.Control.PutRoomAsync(Room, new RoomSpec { Generation = 2 }, default);
        _otherEvents = await RoomEvents.OpenAsync(_other.Control, Room);
        await _room.LinkAsync("ns/here", _other, "ns/other");
    }

    public async Task DisposeAsync()
    {
        await _otherEvents.DisposeAsync();
        await _room.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Publish_OnBothPartsAndTheOtherNode_EverybodyReceivesEverybody()
    {
        var left = await _room.PublishAsync("left");
        var right = await _room.PublishAsync("right");
        var remote = await PublishAsync("remote");
        var leftView = await _room.SubscribeAsync("left", tracks: 4);
        var rightView = await _room.SubscribeAsync("right", tracks: 4);
        var remoteView = await SubscribeAsync("remote", tracks: 4);

        await _room.UntilReceivedAsync(left, 1, rightView, remoteView);
        await _room.UntilReceivedAsync(right, 2, leftView, remoteView);
        await _room.UntilReceivedAsync(remote, 3, leftView, rightView);

        Assert.Equal(["ns/here"], await _other.Host.Rooms.RunAsync(Room, room => room.Tracks.Relayed.Select(t => t.Carriage.Origin).Distinct().ToList(), default));
        Assert.Equal((2, 4), await ReportAsync(_room.Node));
        Assert.Equal((1, 2), await ReportAsync(_other));
    }

    [Fact]
    public async Task Mute_OnTheOtherNode_SilencesThePart()
    {
        var remote = await PublishAsync("remote");
        var right = await _room.SubscribeAsync("right", tracks: 2);
        await _room.UntilReceivedAsync(remote, 1, right);

        await _other.Control.MuteAsync(Room, "remote", new TrackMuteRequest { Muted = new MuteState { Microphone = true } }, default);
        await _room.UntilTrueAsync("the part knows", () => _room.AtAsync("right", room => room.Tracks.Of(["remote"]).Exists(t => t.Track.IsMuted)));
        await _room.UntilAsync("video goes on", () => PartedRoom.Send(remote, 2) && PartedRoom.Count(right, 96, 2) > 10);

        Assert.Equal(0, PartedRoom.Count(right, 111, 2));
    }

    /// <summary>The operator moves the meeting: each participant publishes on the next media node while it is still here. Those who watch get no offer, wherever they are.</summary>
    [Fact]
    public async Task Move_ToTheOtherNodeAndBack_ViewersOnAllPartsGoOn()
    {
        var right = await _room.PublishAsync("right");
        var left = await _room.SubscribeAsync("left", tracks: 2);
        var beside = await _room.SubscribeAsync("right-2", tracks: 2);
        var remote = await SubscribeAsync("remote", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, left, beside, remote);
        var streams = string.Join('/', new[] { left, beside, remote }.Select(PartedRoom.Streams));

        var moved = await PublishAsync("right");
        await _room.UntilReceivedAsync(moved, 2, left, beside, remote);
        await _room.Node.Control.DeleteParticipantAsync(Room, "right", default);
        await _room.UntilReceivedAsync(moved, 3, left, beside, remote);

        var back = await _room.PublishAsync("right");
        await _room.UntilReceivedAsync(back, 4, left, beside, remote);
        await _other.Control.DeleteParticipantAsync(Room, "right", default);
        await _room.UntilReceivedAsync(back, 5, left, beside, remote);

        Assert.Equal(streams, string.Join('/', new[] { left, beside, remote }.Select(PartedRoom.Streams)));
        Assert.DoesNotContain(_room.Events.All.Concat(_otherEvents.All), e => e.Type == RoomEventTypes.Offer);
        Assert.Equal(2, (await ReportAsync(_room.Node)).UpTracks);
    }

    [Fact]
    public async Task Fail_OfAPart_ItsTracksEndOnTheOtherNode()
    {
        var right = await _room.PublishAsync("right");
        var remote = await SubscribeAsync("remote", tracks: 2);
        await _room.UntilReceivedAsync(right, 1, remote);

        var part = _room.Part;
        await part.Loop.RunAsync(
            () =>
            {
                part.Fail(new InvalidOperationException("error in a part"));
                return true;
            },
            default);

        await _otherEvents.UntilAsync("an offer without tracks", e => e.Last(RoomEventTypes.Offer, "remote")?.Tracks?.Count == 0);
        var left = await _room.PublishAsync("left");
        await LinkedLoops.UntilAsync("left is known", () => _other.Host.Rooms.RunAsync(Room, room => room.Tracks.Of(["left"]).Count == 2, default));
        Assert.True(left.IsConnected);
    }

    private static async Task<(int Participants, int UpTracks)> ReportAsync(TestNode node)
    {
        var report = await node.Control.GetRoomAsync(Room, default);
        return (report.Participants, report.UpTracks);
    }

    private async Task<SyntheticPeer> PublishAsync(string name)
    {
        var peer = _room.Create();
        var answer = await _other.Control.PublishAsync(Room, name, new SdpOffer { Generation = 2, Sdp = TestSdp.Publish(peer) }, default);
        peer.Connect(answer.Sdp);
        await _room.UntilAsync($"{name} connected", () => peer.IsConnected);
        return peer;
    }

    private async Task<SyntheticPeer> SubscribeAsync(string name, int tracks)
    {
        await LinkedLoops.UntilAsync("the tracks are known", () => _other.Host.Rooms.RunAsync(Room, room => room.Tracks.For(name).Count >= tracks, default));
        var peer = _room.Create();
        var offer = await _other.Control.SubscribeAsync(Room, name, new SubscribeRequest { Generation = 2 }, default);
        await _other.Control.AnswerAsync(Room, name, new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, peer) }, default);
        peer.Connect(offer.Sdp);
        await _room.UntilAsync($"{name} connected", () => peer.IsConnected);
        return peer;
    }
}
