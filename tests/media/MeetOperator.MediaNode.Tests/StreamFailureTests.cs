using MeetOperator.MediaNode.Failures;
using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>An unexpected error while a packet from a TCP connection is handled ends only the session of that connection.</summary>
public sealed class StreamFailureTests : IAsyncLifetime
{
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task Handle_SessionThrows_EndsOnlyItsConnection()
    {
        using var carol = new SyntheticPeer { IsBehindFirewall = true };
        var offer = await _rooms.Node.Control.SubscribeAsync(TwoRooms.Neighbour, "carol", new SubscribeRequest { Generation = 1 }, default);
        await _rooms.Node.Control.AnswerAsync(TwoRooms.Neighbour, "carol", new SubscribeAnswer { Revision = offer.Revision, Sdp = TestSdp.Answer(offer.Sdp, carol) }, default);
        carol.Connect(offer.Sdp);
        var owner = new ThrowingOwner();
        using var mallory = new SyntheticPeer { IsBehindFirewall = true };
        var session = await _rooms.OpenAsync(owner, mallory);
        await SyntheticPeer.UntilAsync("both are connected", () => mallory.IsConnected && carol.IsConnected, mallory, carol, _rooms.Alice, _rooms.Bob);
        Assert.Equal(2, _rooms.Node.Host.Streams.Open);

        await _rooms.InOneBatchAsync(() =>
        {
            owner.ThrowsIn.Add(nameof(IPeerSessionOwner.OnRtp));
            mallory.SendRtp(1, 96, 0, [1, 2, 3]);
            mallory.SendRtp(1, 96, 0, [1, 2, 3]);
            carol.SendRtcp([0x80, 201, 0, 1, 0, 0, 0, 7]);
            _rooms.SendFromAlice(20);
        });

        await SyntheticPeer.UntilTrueAsync("mallory's connection has ended", () => Task.FromResult(mallory.Stream!.HasEnded()), carol, _rooms.Alice, _rooms.Bob);
        await SyntheticPeer.UntilAsync("carol has what alice sent", () => carol.Rtp.Count >= 20, carol, _rooms.Alice, _rooms.Bob);
        await _rooms.AssertNeighbourUnaffectedAsync(21);
        await SyntheticPeer.UntilAsync("carol has the rest too", () => carol.Rtp.Count >= 30, carol, _rooms.Alice, _rooms.Bob);
        Assert.False(await _rooms.OnLoopAsync(() => _rooms.Loop.Peers.Sessions.Contains(session)));
        Assert.Equal((1, 1), (owner.Thrown(nameof(IPeerSessionOwner.OnRtp)), _rooms.Node.Host.Streams.Of(StreamEnd.SessionEnded)));
        Assert.Equal((1, 0), (await _rooms.FailuresAsync(FailureScope.Session), await _rooms.FailuresAsync(FailureScope.Iteration)));
        Assert.Equal(1, _rooms.Node.Host.Streams.Open);
        Assert.False(carol.Stream!.HasEnded());
    }
}
