using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>A meeting with a standby on a random fleet whose nodes fail, come back, drain and fill up. Those on a lost node go on at the former standby.</summary>
public sealed class StandbyPropertyTests
{
    private const int Steps = 400;
    private const int Capacity = 60;
    private static readonly string[] Regions = ["eu", "us"];

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, 150));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Decide_NodesFail_KeepsInvariants(int seed)
    {
        var simulation = new Simulation(seed);
        for (var step = 0; step < Steps; step++)
        {
            simulation.Step();
        }

        Assert.True(simulation.Losses > 0, "no media node of the meeting was lost");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Decide_NothingChanges_ComesToRest(int seed)
    {
        var simulation = new Simulation(seed);
        for (var step = 0; step < Steps; step++)
        {
            simulation.Step();
        }

        simulation.IsQuiet = true;
        for (var step = 0; step < 300; step++)
        {
            simulation.Step();
        }

        for (var step = 0; step < 150; step++)
        {
            Assert.False(simulation.Step().HasNewAssignments);
        }
    }

    private sealed class Simulation
    {
        private readonly Random _random;
        private readonly NodeSnapshot[] _fleet;
        private readonly int[] _others;
        private readonly Dictionary<string, int> _people = [];
        private readonly Dictionary<string, int> _since = [];
        private readonly string[] _allowed;
        private DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        private CurrentPlacement? _current;
        private int _step;

        public Simulation(int seed)
        {
            _random = new Random(seed);
            _fleet = [.. Enumerable.Range(0, _random.Next(3, 9)).Select(Node)];
            _others = [.. _fleet.Select(_ => _random.Next(30))];
            _allowed = _random.Next(2) == 0 ? Regions : Regions[..1];
        }

        public bool IsQuiet { get; set; }

        public int Losses { get; private set; }

        public PlacementDecision Step()
        {
            (_step, _now) = (_step + 1, _now.AddSeconds(1));
            if (!IsQuiet)
            {
                ChangeFleet();
            }

            MovePeople();
            var input = Observe();
            var decision = PlacementPlanner.Decide(input, _now);
            Expect(input, decision);
            foreach (var node in decision.Nodes.Where(node => _current?.Nodes.FirstOrDefault(before => before.SfuNode == node.SfuNode) is not { } before
                || before.State != node.State || (before.Role != node.Role && before.Role == AssignmentRole.Standby)))
            {
                _since[node.SfuNode] = _step;
            }

            _current = new CurrentPlacement { Generation = decision.Generation, Nodes = decision.Nodes, Region = decision.Nodes is [var first, ..] ? first.Region : null };
            return decision;
        }

        private void ChangeFleet()
        {
            for (var index = 0; index < _fleet.Length; index++)
            {
                _others[index] = Math.Clamp(_others[index] + _random.Next(-2, 3), 0, 58);
                var isOrigin = _current?.Nodes is [var origin, ..] && origin.SfuNode == _fleet[index].Name;
                _fleet[index] = (_fleet[index], _random.Next(200)) switch
                {
                    ({ State: SfuNodeState.Allocated }, _) when isOrigin && _step % 100 == 50 => _fleet[index] with { State = SfuNodeState.Unhealthy },
                    ({ State: SfuNodeState.Allocated }, 0) => _fleet[index] with { State = SfuNodeState.Unhealthy },
                    ({ State: SfuNodeState.Allocated }, 1) => _fleet[index] with { State = SfuNodeState.Draining, IsDrainDue = true },
                    ({ State: SfuNodeState.Allocated }, 2) => _fleet[index] with { State = SfuNodeState.Draining },
                    (not { State: SfuNodeState.Allocated }, < 10) => _fleet[index] with { State = SfuNodeState.Allocated, IsDrainDue = false },
                    var (same, _) => same,
                };
            }
        }

        /// <summary>Some join and leave. Those on a node that is not used any more go to the origin.</summary>
        private void MovePeople()
        {
            var used = (_current?.Nodes ?? []).Where(node => node.State == NodeAssignmentState.Ready && node.Role != AssignmentRole.Standby).Select(node => node.SfuNode).ToArray();
            foreach (var (node, count) in _people.Where(entry => !used.Contains(entry.Key)).ToArray())
            {
                _people.Remove(node);
                if (used is [var origin, ..])
                {
                    _people[origin] = _people.GetValueOrDefault(origin) + count;
                }
            }

            if (!IsQuiet && used is [_, ..] && _random.Next(3) == 0)
            {
                var node = used[_random.Next(used.Length)];
                _people[node] = Math.Clamp(_people.GetValueOrDefault(node) + _random.Next(-4, 5), 0, 12);
            }
        }

        private PlacementInput Observe()
        {
            for (var index = 0; index < _fleet.Length; index++)
            {
                var isAlive = _fleet[index].State != SfuNodeState.Unhealthy;
                _fleet[index] = _fleet[index] with { LastSeen = isAlive ? _now : null, Participants = isAlive ? _others[index] + _people.GetValueOrDefault(_fleet[index].Name) : 0, Meetings = 1 };
            }

            return new PlacementInput
            {
                Nodes = [.. _fleet],
                Seed = 7,
                Demand = new MeetingDemand
                {
                    MeetingId = "m",
                    Namespace = "meet-a",
                    MaxParticipants = 50,
                    NeedsStandby = true,
                    Participants = _people.Values.Sum(),
                    AllowedRegions = RegionSet.Only(_allowed),
                    Current = _current is null ? null : _current with { Nodes = [.. _current.Nodes.Select(Observe)] },
                },
            };
        }

        private NodeAssignment Observe(NodeAssignment node)
        {
            var age = _step - _since[node.SfuNode];
            return node with
            {
                State = node is { Role: AssignmentRole.Origin, State: NodeAssignmentState.Preparing } ? NodeAssignmentState.Ready : node.State,
                Participants = _people.GetValueOrDefault(node.SfuNode),
                Facts = new AssignmentFacts
                {
                    HasRoom = true,
                    IsLinked = age >= 2,
                    IsFresh = node.State == NodeAssignmentState.Ready && age < 60,
                    IsEmpty = node.State == NodeAssignmentState.Leaving && age > 1,
                    IsPastDeadline = node.State == NodeAssignmentState.Leaving && age > 60,
                },
            };
        }

        private void Expect(PlacementInput input, PlacementDecision decision)
        {
            var before = input.Demand.Current?.Nodes ?? [];
            var after = decision.Nodes;
            var where = $"step {_step}: {decision.Reason}";
            Assert.Equal(after, PlacementPlanner.Decide(input with { Nodes = [.. input.Nodes.Reverse()] }, _now).Nodes);
            Assert.True(after.Count(node => node.Role == AssignmentRole.Standby) <= 1, where);
            Assert.True(after.Count(node => node.Role == AssignmentRole.Origin) == (after.Count == 0 ? 0 : 1), where);
            Assert.True(after.Select(node => node.SfuNode).Distinct().Count() == after.Count, where);
            Assert.True(after.Count <= input.Options.MaxNodesPerMeeting, where);
            Assert.DoesNotMatch(@"(gives up|leaves)( the standby)? [^ :]+(;|$)", decision.Reason); // without saying why
            Assert.DoesNotContain("of 0 places", decision.Reason, StringComparison.Ordinal);
            foreach (var standby in after.Where(node => node.Role == AssignmentRole.Standby))
            {
                var snapshot = input.Nodes.Single(node => node.Name == standby.SfuNode);
                Assert.True(_allowed.Contains(snapshot.Region) && snapshot is { State: not SfuNodeState.Unhealthy, IsDrainDue: false }, where);
                if (before.All(known => known.SfuNode != standby.SfuNode))
                {
                    Assert.True(snapshot.State == SfuNodeState.Allocated && snapshot.Participants + after.Max(node => node.Participants) <= Capacity, where);
                }
            }

            // Whoever was on a lost node goes on at the former standby in the same decision.
            var lost = before.Where(node => node is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Standby } && input.Nodes.Single(each => each.Name == node.SfuNode).State == SfuNodeState.Unhealthy).ToArray();
            Losses += lost.Length;
            if (lost.Length > 0 && before.FirstOrDefault(node => node is { Role: AssignmentRole.Standby, State: NodeAssignmentState.Ready }) is { } former
                && input.Nodes.Single(node => node.Name == former.SfuNode) is { State: SfuNodeState.Allocated })
            {
                var successor = after.Single(node => node.SfuNode == former.SfuNode);
                Assert.True(successor is { State: NodeAssignmentState.Ready, Role: not AssignmentRole.Standby } && successor.Generation == former.Generation, where);
                Assert.True(lost.All(node => node.Role != AssignmentRole.Origin) || successor.Role == AssignmentRole.Origin, where);
            }
        }

        private static NodeSnapshot Node(int index) => new()
        {
            Namespace = "meet-a",
            Name = $"p-{index}",
            Pool = "p",
            Region = Regions[index % 2],
            Zone = index % 3 == 0 ? null : $"z{index % 4}",
            ClusterNode = $"m{index / 2}",
            State = SfuNodeState.Allocated,
            HasLinks = true,
            MaxParticipants = Capacity,
        };
    }
}
