using MeetOperator.NodeControl;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Control requests do not delay media.</summary>
public sealed class ControlWorkTests : IAsyncLifetime
{
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Fact]
    public async Task Commands_ManyAtOnce_MediaIsHandledInBetween()
    {
        var commands = new List<Task<long>>();
        var track = await _rooms.RunAsync(TwoRooms.Neighbour, room =>
            room.Participants.Single(p => p.Id == "alice").PublishedTracks.Single(t => t.Kind == "video").Track);

        await _rooms.InOneBatchAsync(() =>
        {
            _rooms.SendFromAlice(20);
            for (var i = 0; i < 200; i++)
            {
                commands.Add(_rooms.OnLoopAsync(() => track.ReceivedPackets));
            }
        });

        var received = await Task.WhenAll(commands);
        Assert.InRange(received.Count(n => n < 21), 0, 16);
        await _rooms.AssertNeighbourUnaffectedAsync(21);
    }

    [Fact]
    public async Task Commands_MoreThanOneIteration_RunWithoutIdleWaits()
    {
        var commands = new List<Task<int>>();
        var ticks = 0;
        _rooms.Loop.Ticked += _ => Interlocked.Increment(ref ticks);
        await _rooms.InOneBatchAsync(() => commands.AddRange(Enumerable.Range(0, 2_000).Select(i => _rooms.OnLoopAsync(() => i))));

        Assert.Equal(Enumerable.Range(0, 2_000), await Task.WhenAll(commands));
        Assert.InRange(ticks, 0, 100); // one every 10 ms; 250 iterations with an idle wait each would take longer
    }

    [Fact]
    public async Task Sdp_Invalid_IsRejectedWhileTheLoopIsBusy()
    {
        await _rooms.WhileLoopBlockedAsync(async () =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            Func<Task>[] calls =
            [
                () => _rooms.Node.Control.PublishAsync(TwoRooms.Bad, "mallory", new SdpOffer { Generation = 1, Sdp = "no sdp" }, limit.Token),
                () => _rooms.Node.Control.PlayAsync(TwoRooms.Bad, "mallory", new PlayRequest { Generation = 1, Sdp = "no sdp" }, limit.Token),
                () => _rooms.Node.Control.AnswerAsync(TwoRooms.Neighbour, "bob", new SubscribeAnswer { Revision = 1, Sdp = "no sdp" }, limit.Token),
            ];
            foreach (var call in calls)
            {
                Assert.Equal("invalid-sdp", (await Assert.ThrowsAsync<NodeControlException>(call)).Code);
            }
        });
    }
}
