using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class ForwardingWatchTests
{
    private readonly ForwardingWatch _watch = new();
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void Evaluate_ReportWithoutLoops_ReturnsNull() => Assert.Null(After(20, second => Report()));

    [Fact]
    public void Evaluate_LoopStuck_ReturnsNotForwarding() =>
        Assert.Equal((ForwardingWatch.NotForwarding, true), Named(After(3, second => Report(loop: Loop(tick: 4000 + (second * 1000)))), "42000"));

    [Fact]
    public void Evaluate_SameStandstillInTwoReports_ReturnsNotForwarding() =>
        Assert.Equal((ForwardingWatch.NotForwarding, true), Named(After(2, second => Report(loop: Loop(tick: 2100 + (second * 1000)))), "42000"));

    [Fact]
    public void Evaluate_ProcessWasSuspendedTwice_ReturnsNull() => Assert.Null(After(2, second => Report(loop: Loop(tick: 9000 - (second * 1000)))));

    /// <summary>Polls were missed between the two reports.</summary>
    [Fact]
    public void Evaluate_TwoStandstillsWithAPause_ReturnsNull()
    {
        Assert.Null(After(1, _ => Report(loop: Loop(tick: 2100))));
        _now += TimeSpan.FromSeconds(5);
        Assert.Null(After(1, _ => Report(loop: Loop(tick: 3500))));
    }

    [Fact]
    public void Evaluate_OtherLoopMissesItsProbeOnce_ReturnsLoopStuck()
    {
        var found = After(2, second => Report() with { LoopReports = [Loop(tick: 2100 + (second * 1000)), Loop(probe: second == 0 ? 0 : 3500) with { Port = 42001 }] });

        Assert.Equal((ForwardingWatch.LoopStuck, true), Named(found, "42000"));
    }

    [Fact]
    public void Evaluate_LoopsStandStillInTurn_ReturnsNull() =>
        Assert.Null(After(2, second => Report() with { LoopReports = [Loop(tick: second == 0 ? 4000 : 10), Loop(tick: second == 0 ? 10 : 5000) with { Port = 42001 }] }));

    [Fact]
    public void Evaluate_ProbeUnanswered_ReturnsNotForwarding() =>
        Assert.Equal((ForwardingWatch.NotForwarding, true), Named(After(3, _ => Report(loop: Loop(probe: 3500))), "own probe"));

    [Fact]
    public void Evaluate_ProbeUnansweredInTwoReports_ReturnsNull() => Assert.Null(After(9, second => Report(loop: Loop(probe: second % 3 == 0 ? 0 : 5000))));

    [Fact]
    public void Evaluate_RoomReceivesButSendsNothing_ReturnsNotForwarding() =>
        Assert.Equal((ForwardingWatch.NotForwarding, true), Named(After(8, second => Report(rooms: [Room("r", packetsIn: 100 + (second * 50), packetsOut: 100)])), "room r"));

    /// <summary>A publisher without key frames causes this in its own room.</summary>
    [Fact]
    public void Evaluate_OneOfTwoRoomsSendsNothing_ReturnsNull() =>
        Assert.Null(After(30, second => Report(rooms: [Room("a", packetsIn: second * 50, packetsOut: 0), Room("b", packetsIn: second * 50, packetsOut: second * 50)])));

    [Fact]
    public void Evaluate_OneOfTwoLoopsStuck_ReturnsLoopStuck()
    {
        var found = After(3, _ => Report(loop: Loop(tick: 9000)) with { LoopReports = [Loop(tick: 9000), Loop() with { Port = 42001 }] });

        Assert.Equal((ForwardingWatch.LoopStuck, true), Named(found, "42000"));
    }

    [Fact]
    public void Evaluate_RoomWaitsForKeyFrame_ReturnsNull() =>
        Assert.Null(After(12, second => Report(rooms: [Room("r", packetsIn: second * 50, packetsOut: second < 4 ? 0 : second)])));

    [Fact]
    public void Evaluate_RoomWasQuietBefore_GetsFullThreshold()
    {
        Assert.Null(After(60, _ => Report(rooms: [Room("r", 0, 0)])));
        Assert.Null(After(4, second => Report(rooms: [Room("r", (second + 1) * 50, 0)])));
    }

    [Fact]
    public void Evaluate_WorkingPathLost_ReturnsCutOff() => Assert.Equal((ForwardingWatch.CutOff, true), Named(After(3, _ => Report(loop: Loop(path: 6000))), "203.0.113.7"));

    [Fact]
    public void Evaluate_PathNeverWorked_ReturnsNull() => Assert.Null(After(20, _ => Report(loop: Loop(path: null))));

    [Fact]
    public void Evaluate_AllParticipantsOfTwoRoomsSilent_ReturnsCutOff()
    {
        Assert.Null(After(9, _ => Report(rooms: [Room("a", 0, 0, participants: 4, silent: 4)])));
        Assert.Null(After(9, _ => Report(rooms: [Room("a", 0, 0, participants: 4, silent: 4), Room("b", 0, 0, participants: 1, silent: 0)])));
        Assert.Equal((ForwardingWatch.CutOff, true), Named(After(3, _ => Report(rooms: [Room("a", 0, 0, participants: 3, silent: 3), Room("b", 0, 0, participants: 1, silent: 1)])), "2 rooms"));
    }

    [Fact]
    public void Evaluate_FailureNoLongerSeen_LastsOneMinuteOrUntilRestart()
    {
        After(3, _ => Report(loop: Loop(tick: 9000)));

        Assert.NotNull(After(50, _ => Report(loop: Loop())));
        Assert.Null(After(20, _ => Report(loop: Loop())));

        After(3, _ => Report(loop: Loop(tick: 9000)));
        Assert.Null(After(1, _ => Report(loop: Loop()) with { InstanceId = "another" }));
    }

    /// <summary>The result after that many reports, one per second.</summary>
    private NodeFailure? After(int reports, Func<int, NodeReport> report)
    {
        NodeFailure? last = null;
        for (var second = 0; second < reports; second++)
        {
            _now += TimeSpan.FromSeconds(1);
            last = _watch.Evaluate(report(second), _now);
        }

        return last;
    }

    private static (string? Reason, bool Says) Named(NodeFailure? found, string text) => (found?.Reason, found?.Message.Contains(text, StringComparison.Ordinal) == true);

    private static NodeReport Report(LoopReport? loop = null, IReadOnlyList<RoomReport>? rooms = null) => new()
    {
        Node = "n",
        Version = "1",
        InstanceId = "one",
        State = NodeState.Ready,
        StartedAt = DateTimeOffset.UnixEpoch,
        LoopReports = loop is null ? [] : [loop],
        Rooms = rooms ?? [],
    };

    private static LoopReport Loop(long tick = 10, long? probe = 0, long? path = 0) =>
        new() { Port = 42000, TickAgeMs = tick, ProbeAgeMs = probe, Paths = [new PathReport { Address = "203.0.113.7", ProbeAgeMs = path }] };

    private static RoomReport Room(string name, long packetsIn, long packetsOut, int participants = 2, int silent = 0) =>
        new() { Room = name, PacketsIn = packetsIn, PacketsOut = packetsOut, Participants = participants, Connected = participants, Silent = silent };
}
