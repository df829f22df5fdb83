using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>A meeting of 40 on node a in region eu. Node b has room.</summary>
public sealed class GrowthTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>On a full node, each of its meetings would add a node at once.</summary>
    [Theory]
    [InlineData(0, PlacementOutcome.Preparing, false)]
    [InlineData(2, PlacementOutcome.Preparing, false)]
    [InlineData(3, PlacementOutcome.Kept, true)]
    [InlineData(30, PlacementOutcome.Kept, true)]
    public void Decide_OtherMeetingsOfTheNodeGrow_WaitsForItsTurn(int growing, PlacementOutcome outcome, bool retries)
    {
        var decision = Decide(Node("a", "eu") with { Participants = 100, MaxParticipants = 100, GrowingMeetings = growing }, Node("b", "eu"));

        Assert.Equal((outcome, retries), (decision.Outcome, decision.NeedsRetry));
    }

    [Theory]
    [InlineData(3, "us", MeetingSpread.Regions, true)]
    [InlineData(2, "us", MeetingSpread.Regions, false)]
    [InlineData(3, "eu", MeetingSpread.Regions, false)]
    [InlineData(3, "us", MeetingSpread.Capacity, false)]
    public void Decide_RegionWithoutNode_AsksAgainLater(int people, string region, MeetingSpread spread, bool expected)
    {
        var decision = Decide([Node("a", "eu"), Node("b", "eu")], people, region, spread);

        Assert.Equal((PlacementOutcome.Kept, false, expected), (decision.Outcome, decision.NeedsRetry, decision.MayGrowLater));
    }

    [Fact]
    public void Decide_PoolComesToTheRegion_AddsItsNode()
    {
        var decision = Decide([Node("a", "eu"), Node("b", "us")], 3, "us", MeetingSpread.Regions);

        Assert.Equal((PlacementOutcome.Preparing, "prepares b: 3 participants are in region us"), (decision.Outcome, decision.Reason));
    }

    private static PlacementDecision Decide(params NodeSnapshot[] nodes) => Decide(nodes, 0, "eu", MeetingSpread.Regions);

    private static PlacementDecision Decide(NodeSnapshot[] nodes, int people, string region, MeetingSpread spread)
    {
        var origin = new NodeAssignment { Namespace = "meet-a", SfuNode = "a", Region = "eu", Role = AssignmentRole.Origin, State = NodeAssignmentState.Ready, Generation = 1, Participants = 40 };
        var demand = new MeetingDemand
        {
            MeetingId = "m",
            Namespace = "meet-a",
            Participants = 40,
            Regions = people == 0 ? new Dictionary<string, int>() : new Dictionary<string, int> { [region] = people },
            Scale = new MeetingScale { Spread = spread },
            Current = new CurrentPlacement { Generation = 1, Nodes = [origin] },
        };
        return PlacementPlanner.Decide(new PlacementInput { Demand = demand, Nodes = nodes }, Now);
    }

    private static NodeSnapshot Node(string name, string region) => new()
    {
        Namespace = "meet-a",
        Name = name,
        Pool = "p",
        Region = region,
        State = SfuNodeState.Allocated,
        HasLinks = true,
        LastSeen = Now,
    };
}
