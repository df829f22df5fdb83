using MeetOperator.Contracts.SfuPools;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>When a media node counts as overloaded, and what its meetings contribute. Reports arrive once a second.</summary>
public sealed class StressWatchTests
{
    private readonly StressWatch _watch = new();
    private SfuPool _pool = new();
    private NodeReport _report = new() { Node = "n", Version = "1", InstanceId = "i", State = NodeState.Ready, StartedAt = default, Rooms = [] };
    private int _second;

    [Fact]
    public void Observe_OneHighReport_ChangesNothing()
    {
        Busy(0.6, seconds: 30);
        Busy(1, seconds: 1);
        Assert.False(IsOverloaded);

        Busy(0.6, seconds: 30);
        Assert.False(IsOverloaded);
    }

    [Fact]
    public void Observe_HighForTenSeconds_IsOverloadedUntilClearlyLower()
    {
        Busy(0.6, seconds: 30);
        var seconds = 0;
        for (; !IsOverloaded && seconds < 60; seconds++)
        {
            Busy(0.97, seconds: 1);
        }

        Assert.InRange(seconds, 11, 25);
        Busy(0.91, seconds: 30);
        Assert.True(IsOverloaded);
        Busy(0.5, seconds: 10);
        Assert.False(IsOverloaded);
        Busy(0.97, seconds: 5);
        Assert.False(IsOverloaded);
    }

    [Fact]
    public void Observe_HighEverySecondReport_IsNotOverloaded()
    {
        for (var turn = 0; turn < 60; turn++)
        {
            Busy(1, seconds: 1);
            Busy(0.6, seconds: 1);
            Assert.False(IsOverloaded);
        }
    }

    /// <summary>An operator that was suspended, or a node that did not answer for a while, is no evidence of lasting stress.</summary>
    [Fact]
    public void Observe_LongTimeWithoutReports_DoesNotCountAsHigh()
    {
        Busy(0.97, seconds: 3);
        _second += 60;
        Busy(0.97, seconds: 1);
        Assert.False(IsOverloaded);

        Busy(0.97, seconds: 6);
        Assert.True(IsOverloaded);
    }

    /// <summary>Otherwise the condition, with a write and an event, would come and go every few seconds.</summary>
    [Fact]
    public void Observe_LittleBelowTheThreshold_StaysOverloadedForAMinuteAndIsNotHigh()
    {
        Busy(0.97, seconds: 30);

        Busy(0.87, seconds: 55);
        Assert.Equal((true, false), (IsOverloaded, _watch.IsHigh(_pool)));

        Busy(0.87, seconds: 15);
        Assert.False(IsOverloaded);
    }

    [Fact]
    public void Observe_CountersBeyondAllBounds_DivideTheStress()
    {
        RoomReport[] rooms = [new() { Room = "a", PacketsIn = long.MaxValue, PacketsOut = long.MaxValue }, new() { Room = "b", Participants = 1 }];
        _report = _report with { Rooms = rooms, LoopReports = [new LoopReport { Port = 1, TickAgeMs = 1, Busy = 100, PacketsIn = long.MaxValue, PacketsLost = long.MaxValue }, Loop(1, 0.97)] };
        Busy(100, seconds: 30);

        Assert.True(IsOverloaded);
        Assert.All(_watch.FindParts(), static part => Assert.All(part.Shares.Values.Append(part.Level), static share => Assert.InRange(share, 0, 2)));
    }

    [Fact]
    public void Observe_AnotherProcess_StartsOver()
    {
        Busy(0.97, seconds: 30);
        Assert.True(IsOverloaded);

        _report = _report with { InstanceId = "other" };
        Busy(0.97, seconds: 1);

        Assert.False(IsOverloaded);
        Assert.Equal(TimeSpan.FromSeconds(30), _watch.RestingSince);
    }

    [Theory]
    [InlineData(null, 0.8, 0.89, false)]
    [InlineData(null, 0.8, 0.91, true)]
    [InlineData(null, 0.9, 0.94, false)]
    [InlineData(null, 0.9, 0.96, true)]
    [InlineData(0.7, 0.5, 0.72, true)]
    [InlineData(0.3, 0.5, 0.4, false)]
    public void Observe_ThresholdOfPool_Decides(double? rebalance, double capacity, double busy, bool expected)
    {
        _pool = new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { StressThreshold = capacity }, Rebalance = new SfuRebalance { StressThreshold = rebalance } } };

        Busy(busy, seconds: 30);

        Assert.Equal(expected, IsOverloaded);
    }

    [Fact]
    public void Observe_EgressAboveCapacity_IsOverloaded()
    {
        _report = _report with { EgressKbps = 950_000 };
        Busy(0.2, seconds: 30);
        Assert.False(IsOverloaded);

        _pool = new SfuPool { Spec = new SfuPoolSpec { Capacity = new SfuCapacity { MaxEgressMbps = 1000 } } };
        Busy(0.2, seconds: 30);

        Assert.True(IsOverloaded);
        Assert.Equal("it sends 95 % of capacity.maxEgressMbps", _watch.Describe());
    }

    [Theory]
    [InlineData(100_000, 2_500, true)]
    [InlineData(100_000, 500, false)]
    [InlineData(100, 50, false)]
    [InlineData(100_000, -5, false)]
    [InlineData(-100_000, 5_000, false)]
    public void Observe_LostPackets_CountByTheirShare(long received, long lost, bool expected)
    {
        for (var second = 0L; second < 30; second++)
        {
            Observe(_report with { LoopReports = [new LoopReport { Port = 1, TickAgeMs = 1, Busy = 0.5, PacketsIn = 1_000_000_000_000 + (second * received), PacketsLost = 1_000_000 + (second * lost) }] });
        }

        Assert.Equal(expected, IsOverloaded);
    }

    [Fact]
    public void FindParts_Loops_SharesByPacketsSinceTheStressIsHigh()
    {
        RoomReport[] rooms = [new() { Room = "old", Port = 1, PacketsIn = 1_000_000 }, new() { Room = "talks", Port = 1 }, new() { Room = "elsewhere", Port = 2, PacketsIn = 9_999 }];
        for (var second = 0; second < 30; second++)
        {
            rooms = [rooms[0] with { PacketsIn = rooms[0].PacketsIn + 100 }, rooms[1] with { PacketsOut = rooms[1].PacketsOut + 300 }, rooms[2]];
            Observe(_report with { Rooms = rooms, LoopReports = [Loop(1, 0.96), Loop(2, 0.3)] });
        }

        var parts = _watch.FindParts();

        var busiest = parts.MaxBy(part => part.Level)!;
        Assert.Equal(0.96, busiest.Level, 3);
        Assert.Equal(0.24, busiest.Shares["old"], 2);
        Assert.Equal(0.72, busiest.Shares["talks"], 2);
        Assert.DoesNotContain("elsewhere", busiest.Shares.Keys);
    }

    /// <summary>A large meeting has parts on several loops. On each of them it contributes what it does there.</summary>
    [Fact]
    public void FindParts_RoomOnSeveralLoops_SharesOnEachByItsPacketsThere()
    {
        RoomReport[] rooms = [new() { Room = "large", Port = 1, PacketsIn = 900_000 }, new() { Room = "other", Port = 2 }];
        for (var second = 0L; second < 30; second++)
        {
            RoomPartReport[] parts = [new() { Port = 1, PacketsIn = 900_000 + (second * 100) }, new() { Port = 2, PacketsOut = second * 300 }];
            rooms = [rooms[0] with { PacketsIn = 900_000 + (second * 100), PacketsOut = second * 300, Parts = second < 2 ? [] : parts }, rooms[1] with { PacketsOut = second * 100 }];
            Observe(_report with { Rooms = rooms, LoopReports = [Loop(1, 0.95), Loop(2, 0.96)] });
        }

        var shares = _watch.FindParts().OrderBy(part => part.Level).Where(part => part.Level > 0.5).Select(part => part.Shares).ToList();

        Assert.Equal((0.95, false), (Math.Round(shares[0]["large"], 2), shares[0].ContainsKey("other")));
        Assert.Equal((0.72, 0.24), (Math.Round(shares[1]["large"], 2), Math.Round(shares[1]["other"], 2)));
    }

    [Fact]
    public void FindParts_RoomGetsAnotherPart_CountsOnlyWhatCameSince()
    {
        RoomReport[] rooms = [new() { Room = "large", Port = 1, PacketsIn = 900_000 }, new() { Room = "other", Port = 1 }];
        for (var second = 0L; second < 30; second++)
        {
            RoomPartReport[] parts = [new() { Port = 1, PacketsIn = 900_000 + (second * 100) }, new() { Port = 2 }];
            rooms = [rooms[0] with { PacketsIn = 900_000 + (second * 100), Parts = second < 5 ? [] : parts }, rooms[1] with { PacketsOut = second * 300 }];
            Observe(_report with { Rooms = rooms, LoopReports = [Loop(1, 0.96), Loop(2, 0.1)] });
        }

        var busiest = _watch.FindParts().MaxBy(part => part.Level)!;

        Assert.Equal((0.24, 0.72), (Math.Round(busiest.Shares["large"], 2), Math.Round(busiest.Shares["other"], 2)));
    }

    /// <summary>A node of an earlier version names neither the loop of a room nor the work of each loop.</summary>
    [Fact]
    public void FindParts_EarlierVersion_SharesByParticipants()
    {
        _report = _report with { Rooms = [new RoomReport { Room = "a", Participants = 1 }, new RoomReport { Room = "b", Participants = 3 }] };
        Busy(0.96, seconds: 20);

        var part = _watch.FindParts().MaxBy(part => part.Level)!;

        Assert.Equal((0.24, 0.72), (Math.Round(part.Shares["a"], 3), Math.Round(part.Shares["b"], 3)));
    }

    private bool IsOverloaded => _watch.IsOverloaded;

    private static LoopReport Loop(int port, double busy) => new() { Port = port, TickAgeMs = 1, Busy = busy };

    private void Busy(double busy, int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            Observe(_report with { Stress = busy });
        }
    }

    private void Observe(NodeReport report) => _watch.Observe(report, _pool, TimeSpan.FromSeconds(_second++));
}
