using System.Globalization;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>
/// Node a is overloaded. A meeting is written as its name, its participants and its share of the stress in percent; another node as its name, its stress in percent and what is wrong with it.
/// </summary>
public sealed class StressRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("m1:8:50 m2:4:25 m3:2:20", "b:10", 3, "m3>b")]
    [InlineData("m1:8:50 m2:4:25 m3:2:5", "b:10", 3, "m3>b m2>b")]
    [InlineData("m1:8:50 m2:4:25 m3:2:5", "b:10", 1, "m3>b")]
    [InlineData("m1:8:50 m2:4:25 m3:2:5", "b:10", 0, "")]
    [InlineData("m1:2:50 m2:2:25 m3:2:20", "b:10", 3, "m3>b")]
    [InlineData("m1:8:80 m2:2:0", "b:10", 3, "lacks")]
    [InlineData("m1:8:30 m2:9:50", "b:10", 3, "m1>b")]
    [InlineData("m1:2:6 m2:2:7 m3:2:67", "b:70 c:72", 3, "m1>b m2>c")]
    [InlineData("m1:2:6 m2:2:7 m3:2:67", "b:78", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:draining", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:cordoned", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:unlinked", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:receiving", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:full", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:foreign", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "b:10:receiving c:30", 3, "m1>c")]
    [InlineData("m1:2:20 m2:2:70", "b:NaN", 3, "lacks")]
    [InlineData("m1:2:20 m2:2:70", "", 3, "lacks")]
    [InlineData("", "b:10", 3, "")]
    public void Relieve_OverloadedNode_FollowsTable(string meetings, string others, int most, string expected) => Assert.Equal(expected, Describe(Decide(meetings, others, most)));

    [Theory]
    [InlineData("big:60:92 m1:2:0.4", "b:10", "extends big")]
    [InlineData("big:60:92 m1:2:2", "b:10", "m1>b")]
    [InlineData("big:60:92", "", "")]
    [InlineData("big:60:92", "b:85", "lacks")]
    [InlineData("big:60:92", "b:10:receiving", "lacks")]
    [InlineData("big:60:92 m1:2:5", "b:10", "m1>b")]
    [InlineData("big:9:92 m1:2:0", "b:10", "lacks")]
    [InlineData("big:60:46 large:70:48", "b:40", "lacks")]
    public void Relieve_LargeMeeting_IsExtendedWhenNothingElseMoves(string meetings, string others, string expected)
    {
        var decision = Decide(meetings, others, 3);
        Assert.Equal(expected.Contains("extends", StringComparison.Ordinal), decision.Extended is not null);
        Assert.Equal(expected.Contains('>', StringComparison.Ordinal), decision.Moves.Count > 0);
        Assert.Equal(expected.Split("extends ") is [_, var name] ? name : null, decision.Extended);
    }

    /// <summary>Otherwise two nodes whose thresholds are close together could send a meeting to and fro.</summary>
    [Theory]
    [InlineData(0.85, "m1>b")]
    [InlineData(0.78, "m1>b")]
    [InlineData(0.76, "lacks")]
    public void Relieve_TargetWouldSendMeetingsBackSoon_Stays(double goal, string expected)
    {
        var input = Input("m1:2:15 m2:2:80", "b:62", 3);

        var decision = PlacementPlanner.Relieve(input with { Nodes = [.. input.Nodes.Select(node => node with { StressGoal = goal })] }, Now);

        Assert.Equal(expected, Describe(decision));
    }

    [Fact]
    public void Relieve_LargestMeetingMayUseOneNodeOnly_ExtendsAnother()
    {
        var input = Input("big:60:48 large:70:47", "b:5", 3) with { Parts = [new StressPart(1.8, new Dictionary<string, double> { ["big"] = 0.85, ["large"] = 0.95 })] };
        Assert.Equal("large", PlacementPlanner.Relieve(input, Now).Extended);

        var decision = PlacementPlanner.Relieve(input with { Meetings = [.. input.Meetings.Select(static meeting => meeting.MeetingId == "large" ? meeting with { Scale = new MeetingScale { MaxNodes = 1 } } : meeting)] }, Now);

        Assert.Equal("big", decision.Extended);
    }

    /// <summary>Moving a meeting off an idle loop does not relieve the busy one, however few people it has.</summary>
    [Fact]
    public void Relieve_TwoLoops_TakesMeetingsOfTheBusyOne()
    {
        var input = Input("idle:2:0 busy:8:0", "b:10", 3) with
        {
            Parts = [new StressPart(0.95, new Dictionary<string, double> { ["busy"] = 0.2 }), new StressPart(0.3, new Dictionary<string, double> { ["idle"] = 0.3 })],
        };

        Assert.Equal("busy>b", Describe(PlacementPlanner.Relieve(input, Now)));
    }

    [Fact]
    public void Relieve_TwoBusyLoops_RelievesBoth()
    {
        var input = Input("m1:2:0 m2:3:0 m3:4:0", "b:10", 3) with
        {
            Parts = [new StressPart(0.95, new Dictionary<string, double> { ["m1"] = 0.2, ["m2"] = 0.2 }), new StressPart(0.91, new Dictionary<string, double> { ["m3"] = 0.1 })],
        };

        Assert.Equal("m1>b m3>b", Describe(PlacementPlanner.Relieve(input, Now)));
    }

    [Fact]
    public void Relieve_TenantMayNotUseOtherPool_StaysThere()
    {
        var input = Input("m1:2:20 m2:2:70", "b:10", 3);

        var decision = PlacementPlanner.Relieve(input with { Meetings = [.. input.Meetings.Select(meeting => meeting with { AllowedRegions = RegionSet.None })] }, Now);

        Assert.Equal("lacks", Describe(decision));
    }

    [Theory]
    [InlineData(0.3, "m1>c")]
    [InlineData(0.84, "m1>b")]
    public void Relieve_NodeInTheSameRegion_TakesTheMeetingIfItCan(double stress, string expected)
    {
        var input = Input("m1:2:20 m2:2:70", "", 3);

        var decision = PlacementPlanner.Relieve(input with { Nodes = [Node("a", 0.95, "") with { Region = "eu" }, Node("b", 0.1, "") with { Region = "us" }, Node("c", stress, "") with { Region = "eu" }] }, Now);

        Assert.Equal(expected, Describe(decision));
    }

    [Theory]
    [InlineData("a Origin Ready [room], b Edge Preparing [room linked]", PlacementOutcome.Moved, "moved to b: a is overloaded")]
    [InlineData("a Origin Ready [room]", PlacementOutcome.Preparing, "prepares b: a is overloaded")]
    public void Decide_MoveOfTheOperator_GivesItsCause(string state, PlacementOutcome outcome, string reason)
    {
        var demand = Meeting("m", 5) with { MoveTo = new MoveDemand { SfuNode = "b", Namespace = "meet-a", Cause = "a is overloaded" }, Current = Current(state.Contains("Edge", StringComparison.Ordinal)) };

        var decision = PlacementPlanner.Decide(new PlacementInput { Demand = demand, Nodes = [Node("a", 0.95, ""), Node("b", 0.1, "")] }, Now);

        Assert.Equal((outcome, reason), (decision.Outcome, decision.Reason));
    }

    [Fact]
    public void Decide_ExtendCause_AddsANodeAndKeepsItWhileOthersAreBusy()
    {
        var demand = Meeting("m", 60) with { ExtendCause = "a is overloaded", Current = Current(hasEdge: false) };
        NodeSnapshot[] nodes = [Node("a", 0.95, ""), Node("b", 0.1, "")];

        var decision = PlacementPlanner.Decide(new PlacementInput { Demand = demand, Nodes = nodes }, Now);

        Assert.Equal((PlacementOutcome.Preparing, "prepares b: a is overloaded"), (decision.Outcome, decision.Reason));
        var extended = Meeting("m", 60) with { Current = Current(hasEdge: true, NodeAssignmentState.Ready) };
        Assert.Equal(PlacementOutcome.Kept, PlacementPlanner.Decide(new PlacementInput { Demand = extended, Nodes = nodes }, Now).Outcome);
        Assert.Equal(PlacementOutcome.Reduced, PlacementPlanner.Decide(new PlacementInput { Demand = extended, Nodes = [Node("a", 0.5, ""), nodes[1]] }, Now).Outcome);
    }

    private static ReliefDecision Decide(string meetings, string others, int most) => PlacementPlanner.Relieve(Input(meetings, others, most), Now);

    private static ReliefInput Input(string meetings, string others, int most)
    {
        var parts = meetings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split(':')).ToArray();
        var nodes = others.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split(':')).ToArray();
        return new ReliefInput
        {
            Namespace = "meet-a",
            Name = "a",
            Goal = 0.85,
            MaxMoves = most,
            Parts = [new StressPart(0.95, parts.ToDictionary(static part => part[0], static part => double.Parse(part[2], CultureInfo.InvariantCulture) / 100))],
            Meetings = [.. parts.Select(static part => Meeting(part[0], int.Parse(part[1], CultureInfo.InvariantCulture)))],
            Nodes = [Node("a", 0.95, ""), .. nodes.Select(static part => Node(part[0], double.Parse(part[1], CultureInfo.InvariantCulture) / 100, part.ElementAtOrDefault(2) ?? ""))],
            Receiving = nodes.Where(static part => part.ElementAtOrDefault(2) == "receiving").Select(static part => ("meet-a", part[0])).ToHashSet(),
        };
    }

    private static MeetingDemand Meeting(string name, int participants) => new() { MeetingId = name, Namespace = "meet-a", MaxParticipants = 100, Participants = participants };

    private static CurrentPlacement Current(bool hasEdge, NodeAssignmentState state = NodeAssignmentState.Preparing) => new()
    {
        Generation = 2,
        Nodes =
        [
            new NodeAssignment { Namespace = "meet-a", SfuNode = "a", Role = AssignmentRole.Origin, State = NodeAssignmentState.Ready, Generation = 1, Participants = 5, Facts = new AssignmentFacts { HasRoom = true, IsLinked = true } },
            .. hasEdge ? [new NodeAssignment { Namespace = "meet-a", SfuNode = "b", Role = AssignmentRole.Edge, State = state, Generation = 2, Facts = new AssignmentFacts { HasRoom = true, IsLinked = true } }] : Array.Empty<NodeAssignment>(),
        ],
    };

    private static NodeSnapshot Node(string name, double stress, string trouble) => new()
    {
        Namespace = trouble == "foreign" ? "meet-b" : "meet-a",
        Name = name,
        Pool = "p",
        State = trouble == "draining" ? SfuNodeState.Draining : SfuNodeState.Allocated,
        Unschedulable = trouble == "cordoned",
        HasLinks = trouble != "unlinked",
        Participants = trouble == "full" ? 500 : 0,
        Stress = stress,
        LastSeen = Now,
    };

    private static string Describe(ReliefDecision decision) =>
        decision.Moves.Count > 0 ? string.Join(' ', decision.Moves.Select(static move => $"{move.MeetingId}>{move.SfuNode}")) : decision.LacksTarget ? "lacks" : string.Empty;
}
