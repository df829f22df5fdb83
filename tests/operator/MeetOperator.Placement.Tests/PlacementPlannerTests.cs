using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

public sealed class PlacementPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> Cases => new(Directory.GetDirectories(GoldenCase.Root).Select(path => Path.GetFileName(path)).Order());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decide_GoldenCase_ReturnsExpectedDecision(string name)
    {
        var golden = GoldenCase.Load(name);

        var decision = PlacementPlanner.Decide(golden.Input, golden.Now);

        Assert.Equal(golden.Expected.Outcome, decision.Outcome);
        Assert.Equal(golden.Expected.Generation, decision.Generation);
        if (golden.Expected.Nodes is { } expected)
        {
            Assert.Equal(expected, decision.Nodes.Select(node => new ExpectedAssignment(node.SfuNode, node.Role, node.State, node.Generation)));
        }
        else
        {
            Assert.Equal(golden.Expected.Node ?? (decision.Outcome == PlacementOutcome.Placed ? decision.Nodes.SingleOrDefault()?.SfuNode : null), decision.Nodes.SingleOrDefault()?.SfuNode);
        }

        Assert.Equal(golden.Expected.Reason ?? decision.Reason, decision.Reason);
        Assert.Equal(golden.Expected.Move, decision.Move);
        Assert.Equal(golden.Expected.Standby ?? decision.Standby, decision.Standby);
        Assert.Equal(golden.Expected.Rejections ?? decision.Rejections, decision.Rejections);
    }

    [Fact]
    public void Decide_SameInput_ReturnsSameDecision()
    {
        var input = Input(Fleet(20), seed: 7);

        Assert.Equal(PlacementPlanner.Decide(input, Now).Nodes, PlacementPlanner.Decide(input, Now).Nodes);
    }

    [Fact]
    public void Decide_NodesInAnotherOrder_ReturnsSameDecision()
    {
        var fleet = Fleet(20);

        var forward = PlacementPlanner.Decide(Input(fleet, seed: 7), Now);
        var backward = PlacementPlanner.Decide(Input([.. fleet.Reverse()], seed: 7), Now);

        Assert.Equal(forward.Nodes, backward.Nodes);
    }

    [Fact]
    public void Decide_EqualNodesAndManySeeds_SpreadsChoice()
    {
        var chosen = Enumerable.Range(0, 400).Select(seed => PlacementPlanner.Decide(Input(Fleet(4), (ulong)seed), Now).Nodes.Single().SfuNode)
            .GroupBy(name => name).ToDictionary(group => group.Key, group => group.Count());

        Assert.Equal(4, chosen.Count);
        Assert.All(chosen.Values, count => Assert.InRange(count, 40, 200));
    }

    [Fact]
    public void Decide_TenThousandMeetings_NeverOverfillsNode()
    {
        var fleet = Fleet(60).ToArray();
        var placed = 0;
        for (var meeting = 0; meeting < 13_000; meeting++)
        {
            var decision = PlacementPlanner.Decide(Input(fleet, (ulong)meeting), Now);
            if (decision.Nodes is not [var chosen])
            {
                Assert.Equal(PlacementOutcome.NoCapacity, decision.Outcome);
                continue;
            }

            var index = Array.FindIndex(fleet, node => node.Name == chosen.SfuNode);
            fleet[index] = fleet[index] with { Meetings = fleet[index].Meetings + 1 };
            placed++;
        }

        Assert.Equal(60 * 200, placed);
        Assert.All(fleet, node => Assert.Equal(node.MaxMeetings, node.Meetings));
    }

    [Fact]
    public void Decide_InvalidFigures_DoesNotThrow()
    {
        var odd = Fleet(3).Select(node => node with { MaxMeetings = 0, MaxParticipants = 0, Stress = double.NaN }).ToArray();

        var decision = PlacementPlanner.Decide(Input(odd, seed: 0), Now);

        Assert.Equal(PlacementOutcome.NoCapacity, decision.Outcome);
        Assert.Equal(3, decision.Rejections.Count);
    }

    private static PlacementInput Input(IReadOnlyList<NodeSnapshot> nodes, ulong seed) => new()
    {
        Demand = new MeetingDemand { MeetingId = "m", Namespace = "meet-a" },
        Nodes = nodes,
        Seed = seed,
    };

    private static IReadOnlyList<NodeSnapshot> Fleet(int count) => [.. Enumerable.Range(0, count).Select(index => new NodeSnapshot
    {
        Namespace = "meet-a",
        Name = $"p-{index:00000}",
        Pool = "p",
        State = SfuNodeState.Ready,
        LastSeen = Now,
    })];
}
