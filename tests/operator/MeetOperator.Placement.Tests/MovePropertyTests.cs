using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>Random fleets in which nodes drain, fail, return, get links and lose them, while one meeting follows every decision.</summary>
public sealed class MovePropertyTests
{
    private const int Steps = 60;
    private static readonly string[] Regions = ["eu", "us"];

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, 200));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Decide_RandomEvents_KeepsInvariants(int seed)
    {
        var random = new Random(seed);
        var now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        var fleet = Enumerable.Range(0, random.Next(2, 6)).Select(index => Node(index, now)).ToArray();
        var demand = new MeetingDemand { MeetingId = "m", Namespace = "meet-a", Participants = 3 };
        for (var step = 0; step < Steps; step++)
        {
            now = now.AddSeconds(1);
            for (var index = 0; index < fleet.Length; index++)
            {
                fleet[index] = Change(fleet[index], random) with { LastSeen = now };
            }

            demand = demand with { AllowedRegions = random.Next(10) == 0 ? RegionSet.Only([Regions[random.Next(2)]]) : RegionSet.Any, Current = demand.Current is { } placed ? Observe(placed, random) : null };
            var input = new PlacementInput { Demand = demand, Nodes = [.. fleet], Seed = (ulong)seed };

            var decision = PlacementPlanner.Decide(input, now);

            Expect(input, decision, now, $"seed {seed}, step {step}");
            demand = demand with { Current = Apply(decision) };
        }
    }

    private static void Expect(PlacementInput input, PlacementDecision decision, DateTimeOffset now, string where)
    {
        var before = input.Demand.Current?.Nodes ?? [];
        var after = decision.Nodes;
        Assert.Equal(decision.Nodes, PlacementPlanner.Decide(input with { Nodes = [.. input.Nodes.Reverse()] }, now).Nodes);
        Assert.True(after.Count(node => node.Role == AssignmentRole.Origin) == (after.Count == 0 ? 0 : 1), $"{where}: one origin");
        Assert.True(after.Count == 0 || after[0] is { Role: AssignmentRole.Origin, State: NodeAssignmentState.Ready or NodeAssignmentState.Preparing }, $"{where}: the origin can be used");
        Assert.True(decision.Generation >= (input.Demand.Current?.Generation ?? 0), $"{where}: the generation does not fall");
        Assert.True(after.Select(node => node.SfuNode).Distinct().Count() == after.Count, $"{where}: each node once");
        Assert.True(after.All(node => node.State == NodeAssignmentState.Leaving == node.Deadline.HasValue), $"{where}: Leaving nodes have a deadline");
        Assert.DoesNotMatch(@"(gives up|leaves)( the standby)? [^ :]+(;|$)", decision.Reason); // without saying why
        Assert.DoesNotContain("of 0 places", decision.Reason, StringComparison.Ordinal);
        foreach (var added in after.Where(node => before.All(known => known.SfuNode != node.SfuNode || known.Generation != node.Generation)))
        {
            var snapshot = input.Nodes.Single(node => node.Name == added.SfuNode);
            Assert.True(added.Generation > (input.Demand.Current?.Generation ?? 0), $"{where}: a new room has a new generation");
            Assert.True(snapshot.Meetings < snapshot.MaxMeetings && input.Demand.AllowedRegions.Contains(snapshot.Region), $"{where}: within capacity and allowed regions");
        }

        foreach (var removed in before.Where(known => after.All(node => node.SfuNode != known.SfuNode || node.Generation != known.Generation)))
        {
            var snapshot = input.Nodes.Single(node => node.Name == removed.SfuNode);
            var isDead = snapshot is { State: SfuNodeState.Unhealthy, MayBeAlive: false } or { IsForcedDrainDue: true } || removed.State == NodeAssignmentState.Lost || removed.RoomRejection is not null;
            var isUnused = removed is { State: NodeAssignmentState.Preparing } || removed.Facts.IsEmpty || removed.Facts.IsPastDeadline;
            var canLink = snapshot is { HasLinks: true, IsCutOff: false, State: not SfuNodeState.Unhealthy };
            var isMovedAtOnce = decision.Outcome == PlacementOutcome.Moved && removed.Role == AssignmentRole.Origin
                && (!canLink || input.Nodes.Single(node => node.Name == after[0].SfuNode) is { HasLinks: false } || before.Any(node => node.SfuNode == after[0].SfuNode && node.Facts.IsOverdue));
            Assert.True(isDead || isUnused || isMovedAtOnce, $"{where}: {removed.SfuNode} ({removed.Role} {removed.State}) was removed in use: {decision.Reason}");
        }

        if (decision.Outcome != PlacementOutcome.Kept && after.Count > 0)
        {
            // Nothing happens in between, so the same decision again changes nothing.
            var again = PlacementPlanner.Decide(input with { Demand = input.Demand with { Current = Apply(decision) } }, now);
            var settled = PlacementPlanner.Decide(input with { Demand = input.Demand with { Current = Apply(again) } }, now);
            Assert.True(settled.Outcome == PlacementOutcome.Kept, $"{where}: {decision.Reason}, then {again.Reason}, then {settled.Reason}");
        }
    }

    private static CurrentPlacement Apply(PlacementDecision decision) => new() { Generation = decision.Generation, Nodes = decision.Nodes };

    private static CurrentPlacement Observe(CurrentPlacement current, Random random) => current with
    {
        Nodes =
        [
            .. current.Nodes.Select(node => node with
            {
                State = node is { Role: AssignmentRole.Origin, State: NodeAssignmentState.Preparing } && random.Next(3) > 0 ? NodeAssignmentState.Ready : random.Next(60) == 0 ? NodeAssignmentState.Lost : node.State,
                Deadline = node.State == NodeAssignmentState.Leaving ? node.Deadline : null,
                RoomRejection = node.State == NodeAssignmentState.Preparing && random.Next(20) == 0 ? "full" : null,
                Participants = random.Next(10),
                Facts = new AssignmentFacts
                {
                    HasRoom = node.State != NodeAssignmentState.Preparing || random.Next(2) == 0,
                    IsLinked = random.Next(3) == 0,
                    IsOverdue = node.State == NodeAssignmentState.Preparing && random.Next(10) == 0,
                    IsEmpty = node.State == NodeAssignmentState.Leaving && random.Next(6) == 0,
                    IsPastDeadline = node.State == NodeAssignmentState.Leaving && random.Next(10) == 0,
                },
            }),
        ],
    };

    private static NodeSnapshot Change(NodeSnapshot node, Random random) => random.Next(12) switch
    {
        0 => node with { State = SfuNodeState.Draining, IsDrainDue = true },
        1 => node with { State = SfuNodeState.Unhealthy, MayBeAlive = random.Next(2) == 0 },
        2 => node with { State = SfuNodeState.Draining, IsCutOff = true },
        3 => node with { HasLinks = random.Next(4) > 0 },
        4 => node with { Meetings = random.Next(2) * node.MaxMeetings },
        5 => node with { State = SfuNodeState.Draining, IsDrainDue = true, IsForcedDrainDue = random.Next(3) == 0 },
        6 or 7 => node with { State = SfuNodeState.Ready, MayBeAlive = false, IsDrainDue = false, IsForcedDrainDue = false, IsCutOff = false },
        _ => node,
    };

    private static NodeSnapshot Node(int index, DateTimeOffset now) => new()
    {
        Namespace = "meet-a",
        Name = $"p-{index}",
        Pool = "p",
        Region = Regions[index % 2],
        State = SfuNodeState.Ready,
        HasLinks = true,
        LastSeen = now,
    };
}
