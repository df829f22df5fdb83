using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Rooms;
using MeetOperator.MediaNode.Sessions;
using MeetOperator.MediaNode.Time;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Work for a whole room is done in steps, between which the loop receives. Something else can happen to the room between two steps.</summary>
public sealed class LoopStepsTests : IAsyncLifetime
{
    private static readonly string[] Names = ["p1", "p2", "p3", "p4", "p5"];

    /// <summary>When the loop last received, in each callback.</summary>
    private readonly List<long> _receives = [];
    private TwoRooms _rooms = null!;

    public async Task InitializeAsync() => _rooms = await TwoRooms.StartAsync();

    public async Task DisposeAsync() => await _rooms.DisposeAsync();

    [Theory]
    [InlineData("report of a room")]
    [InlineData("report of the node")]
    [InlineData("update of a room")]
    [InlineData("end of a room")]
    [InlineData("error in a room")]
    public async Task Work_LongForEachParticipant_ReceivesBetweenThem(string work)
    {
        await JoinAsync(TakeLong);

        await (work switch
        {
            "report of a room" => _rooms.Node.Control.GetRoomAsync(TwoRooms.Bad, default),
            "report of the node" => _rooms.Node.Control.GetNodeAsync(default),
            "update of a room" => _rooms.Node.Control.PutRoomAsync(TwoRooms.Bad, new RoomSpec { Generation = 1 }, default),
            "end of a room" => _rooms.Node.Control.DeleteRoomAsync(TwoRooms.Bad, 1, default),
            _ => FailAsync(),
        });

        Assert.Equal(Names.Length, _receives.Count);
        Assert.Distinct(_receives);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    /// <summary>Otherwise its last participants would notice the end only when their paths are dead.</summary>
    [Fact]
    public async Task Shutdown_WhileARoomEnds_WaitsForItsLastParticipant()
    {
        var rooms = _rooms.Node.Host.Rooms;
        using var gate = new ManualResetEventSlim();
        await JoinAsync(() =>
        {
            TakeLong(); // so that the next participant is handled in another step
            if (_receives.Count == 2)
            {
                gate.Wait();
            }
        });
        await rooms.DeleteAsync(TwoRooms.Neighbour, 1, "closed", default);
        var ending = rooms.DeleteAsync(TwoRooms.Bad, 1, "closed", default);
        while (rooms.Rooms.Count > 0)
        {
            await Task.Yield();
        }

        var shutdown = _rooms.Node.Host.EndRoomsAsync("node-shutdown", default);
        var waits = !shutdown.IsCompleted;
        gate.Set();
        await Task.WhenAll(shutdown, ending);

        Assert.True(waits);
        Assert.Equal(Names.Length, _receives.Count);
    }

    [Fact]
    public async Task Report_ParticipantsLeaveAndJoinBetween_HasThoseWhoStayed()
    {
        NodeRoom? room = null;
        room = await JoinAsync(() =>
        {
            if (_receives.Count == 0)
            {
                _receives.Add(0);
                room!.RemoveParticipant("p2", 1, permanent: false);
                room.RemoveParticipant("p3", 1, permanent: false);
                room.Touch("p3", 1); // another participant with the same name
                room.Touch("late", 1);
            }
        });

        var report = await _rooms.Node.Control.GetRoomAsync(TwoRooms.Bad, default);

        Assert.Equal(["p1", "p4", "p5"], report.ParticipantList!.Select(p => p.Participant));
        Assert.Equal(3, report.Participants);
        Assert.Equal(["late", "p1", "p3", "p4", "p5"], await _rooms.OnLoopAsync(() => room.Participants.Select(p => p.Id).Order().ToList()));
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Report_RoomEndsBetween_IsMissing()
    {
        NodeRoom? room = null;
        room = await JoinAsync(() => room!.Fail(new InvalidOperationException("error in a room")));

        Assert.Equal("unknown-room", (await Assert.ThrowsAsync<NodeControlException>(() => _rooms.Node.Control.GetRoomAsync(TwoRooms.Bad, default))).Code);
        Assert.Equal([TwoRooms.Neighbour], (await _rooms.Node.Control.GetNodeAsync(default)).Rooms.Select(r => r.Room));
        Assert.Equal(0, room.ParticipantCount);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    /// <summary>Two requests at the same time: each packet counts once.</summary>
    [Fact]
    public async Task Report_AnotherOneBetween_CountsEachPacketOnce()
    {
        _rooms.SendFromAlice(9);
        await SyntheticPeer.UntilAsync("all packets", () => _rooms.Bob.Rtp.Count == 10, _rooms.Alice, _rooms.Bob);

        var (report, forwarded) = await _rooms.RunAsync(TwoRooms.Neighbour, room =>
        {
            using var slow = room.Report(withParticipants: false).GetEnumerator();
            Assert.True(slow.MoveNext());
            Assert.Equal(2, room.Report(withParticipants: true).Last()!.Participants);
            while (slow.Current is null && slow.MoveNext())
            {
                // the next participant
            }

            return (slow.Current!, room.Loop.ForwardedPackets);
        });

        Assert.Equal(10, report.PacketsOut);
        Assert.Equal(10, forwarded);
    }

    /// <summary>The total of the node must not become less when a track ends during the report.</summary>
    [Fact]
    public async Task Report_TrackEndsBetween_ForwardedPacketsRemain()
    {
        var (during, after) = await _rooms.RunAsync(TwoRooms.Neighbour, room =>
        {
            using var steps = room.Report(withParticipants: false).GetEnumerator();
            Assert.True(steps.MoveNext());
            room.RemoveParticipant("alice", 1, permanent: false);
            var forwarded = room.Loop.ForwardedPackets;
            Assert.Equal(1, room.Report(withParticipants: false).Last()!.Participants);
            return (forwarded, room.Loop.ForwardedPackets);
        });

        Assert.Equal((1, 1), (during, after));
    }

    [Fact]
    public async Task Steps_ErrorInOne_EndsTheWork()
    {
        var steps = 0;
        IEnumerable<string?> Work()
        {
            steps++;
            yield return null;
            throw new InvalidOperationException("error in a step");
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => _rooms.Loop.RunInStepsAsync(Work, default));
        Assert.Equal(1, steps);
        await _rooms.AssertNeighbourUnaffectedAsync(1);
    }

    [Fact]
    public async Task Steps_ResultBeforeTheEnd_RunsNoFurtherStep()
    {
        static IEnumerable<string?> Work()
        {
            yield return null;
            yield return "result";
            Assert.Fail("a step after the result");
        }

        Assert.Equal("result", await _rooms.Loop.RunInStepsAsync(Work, default));
        Assert.Null(await _rooms.Loop.RunInStepsAsync(() => Enumerable.Repeat<string?>(null, 3), default));
    }

    private async Task<NodeRoom> JoinAsync(Action onWork)
    {
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            foreach (var name in Names)
            {
                room.Touch(name, 1);
                _ = new ObservedSession(room, room.Participants.Single(p => p.Id == name), callback =>
                {
                    if (callback is nameof(IRoomSession.DownTracks) or nameof(IRoomSession.Close))
                    {
                        onWork();
                    }
                });
            }

            return true;
        });
        return _rooms.Node.Host.Rooms.Rooms.Single(r => r.Id == TwoRooms.Bad);
    }

    private async Task FailAsync()
    {
        await _rooms.RunAsync(TwoRooms.Bad, room =>
        {
            room.Fail(new InvalidOperationException("error in a room"));
            return true;
        });
        var isDone = false;
        while (!isDone)
        {
            isDone = await _rooms.OnLoopAsync(() => _receives.Count == Names.Length);
        }
    }

    /// <summary>Takes all the time that commands may take between two receives.</summary>
    private void TakeLong()
    {
        _receives.Add(_rooms.Loop.LastTurnTicks);
        var end = MonotonicClock.NowTicks + MediaLoop.CommandTicks;
        SpinWait.SpinUntil(() => MonotonicClock.NowTicks >= end);
    }
}
