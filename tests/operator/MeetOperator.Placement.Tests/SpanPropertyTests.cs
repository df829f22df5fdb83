using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>
/// A meeting grows and shrinks on a random fleet whose nodes have other participants, drain and come back. People use the nodes as signaling sends them: to a Ready node with places,
/// in their region if there is one, and away from nodes that are being left.
/// </summary>
public sealed class SpanPropertyTests
{
    private const int Steps = 400;
    private static readonly string[] Regions = ["eu", "us", "ap"];

    public static TheoryData<int> Seeds => new(Enumerable.Range(0, 150));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Decide_PeopleJoinAndLeave_KeepsInvariants(int seed)
    {
        var simulation = new Simulation(seed);
        for (var step = 0; step < Steps; step++)
        {
            simulation.Step();
        }
    }

    /// <summary>When nobody joins or leaves any more, the decisions come to rest, and stay so for as long as the test looks.</summary>
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
        for (var step = 0; step < 400; step++)
        {
            simulation.Step();
        }

        for (var step = 0; step < 200; step++)
        {
            Assert.Equal(PlacementOutcome.Kept, simulation.Step().Outcome);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Decide_JoinsAtAModerateRate_AlwaysHavePlaces(int seed)
    {
        var simulation = new Simulation(seed, nodes: 8, isSteady: true) { JoinsPerStep = 2 };
        for (var step = 0; step < 195; step++)
        {
            simulation.Step();
        }

        Assert.Equal(0, simulation.Refused);
        Assert.Equal(380, simulation.People);
    }

    private sealed class Simulation
    {
        private const int Capacity = 100;
        private readonly Random _random;
        private readonly bool _isSteady;
        private readonly NodeSnapshot[] _fleet;
        private readonly int[] _others;
        private readonly List<Person> _people = [];
        private readonly Dictionary<string, int> _since = [];
        private readonly string[] _allowed;
        private DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        private CurrentPlacement? _current;
        private int _step;
        private int _trend = 1;

        public Simulation(int seed, int nodes = 0, bool isSteady = false)
        {
            (_random, _isSteady) = (new Random(seed), isSteady);
            _fleet = [.. Enumerable.Range(0, nodes > 0 ? nodes : _random.Next(2, 9)).Select(index => Node(index))];
            _others = [.. _fleet.Select(_ => isSteady ? 0 : _random.Next(60))];
            _allowed = isSteady || _random.Next(2) == 0 ? Regions : Regions[..2];
        }

        public bool IsQuiet { get; set; }

        public int JoinsPerStep { get; init; } = 5;

        public int Refused { get; private set; }

        public int People => _people.Count;

        public PlacementDecision Step()
        {
            (_step, _now) = (_step + 1, _now.AddSeconds(1));
            if (!IsQuiet)
            {
                ChangeFleet();
                ChangePeople();
            }

            Follow();
            var input = Observe();
            var decision = PlacementPlanner.Decide(input, _now);
            Expect(input, decision);
            foreach (var node in decision.Nodes.Where(node => _current?.Nodes.FirstOrDefault(before => before.SfuNode == node.SfuNode)?.State != node.State))
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
                _others[index] = _isSteady ? 0 : Math.Clamp(_others[index] + _random.Next(-2, 3), 0, 80);
                var isDraining = _fleet[index].IsDrainDue ? _random.Next(40) > 0 : !_isSteady && _random.Next(400) == 0;
                _fleet[index] = _fleet[index] with { IsDrainDue = isDraining, State = isDraining ? SfuNodeState.Draining : SfuNodeState.Allocated };
            }
        }

        private void ChangePeople()
        {
            _trend = !_isSteady && _random.Next(60) == 0 ? -_trend : _trend;
            for (var i = 0; i < JoinsPerStep; i++)
            {
                if (_trend < 0 && _people.Count > 0)
                {
                    _people.RemoveAt(_random.Next(_people.Count));
                }
                else if (_trend > 0 && _people.Count < 380)
                {
                    var region = _random.Next(3) == 0 ? null : Regions[_random.Next(100) < 80 ? 0 : _random.Next(3)];
                    if (FindPlace(region) is { } place)
                    {
                        _people.Add(new Person(region, place));
                    }
                    else if (_step > 2)
                    {
                        Refused++;
                    }
                }
            }
        }

        /// <summary>People on nodes that are being left find another place, a few in each step.</summary>
        private void Follow()
        {
            foreach (var person in _people.Where(person => _current?.Nodes.FirstOrDefault(node => node.SfuNode == person.Node)?.State != NodeAssignmentState.Ready).Take(20))
            {
                person.Node = FindPlace(person.Region) ?? person.Node;
            }
        }

        private string? FindPlace(string? region) => (_current?.Nodes ?? [])
            .Where(node => node.State == NodeAssignmentState.Ready && FreeOn(node.SfuNode) > 0)
            .OrderByDescending(node => node.Region == region).ThenByDescending(node => FreeOn(node.SfuNode)).FirstOrDefault()?.SfuNode;

        private int FreeOn(string node)
        {
            var index = Array.FindIndex(_fleet, each => each.Name == node);
            return Capacity - Math.Max(_others[index] + CountOn(node), 2);
        }

        private int CountOn(string node) => _people.Count(person => person.Node == node);

        private PlacementInput Observe()
        {
            for (var index = 0; index < _fleet.Length; index++)
            {
                _fleet[index] = _fleet[index] with { LastSeen = _now, Participants = _others[index] + CountOn(_fleet[index].Name), Meetings = 1 };
            }

            return new PlacementInput
            {
                Nodes = [.. _fleet],
                Seed = 7,
                Demand = new MeetingDemand
                {
                    MeetingId = "m",
                    Namespace = "meet-a",
                    MaxParticipants = 400,
                    Participants = _people.Count,
                    AllowedRegions = RegionSet.Only(_allowed),
                    Regions = _people.Where(person => person.Region is not null).GroupBy(person => person.Region!).ToDictionary(group => group.Key, group => group.Count()),
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
                Participants = CountOn(node.SfuNode),
                Facts = new AssignmentFacts
                {
                    HasRoom = true,
                    IsLinked = age >= 2,
                    IsFresh = node.State == NodeAssignmentState.Ready && age < 60,
                    IsEmpty = node.State == NodeAssignmentState.Leaving && age > 1 && CountOn(node.SfuNode) == 0,
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
            Assert.True(after.Count <= input.Options.MaxNodesPerMeeting, where);
            Assert.True(after.Count(node => node.Role == AssignmentRole.Origin) == (after.Count == 0 ? 0 : 1), where);
            Assert.True(decision.Generation >= (input.Demand.Current?.Generation ?? 0), where);
            Assert.DoesNotMatch(@"(gives up|leaves)( the standby)? [^ :]+(;|$)", decision.Reason); // without saying why
            Assert.DoesNotContain("of 0 places", decision.Reason, StringComparison.Ordinal);
            foreach (var added in after.Where(node => before.All(known => known.SfuNode != node.SfuNode)))
            {
                var snapshot = input.Nodes.Single(node => node.Name == added.SfuNode);
                Assert.True(_allowed.Contains(snapshot.Region) && snapshot.State != SfuNodeState.Draining, where);
                Assert.True(snapshot.Participants + input.Options.ParticipantsPerNewMeeting <= snapshot.MaxParticipants, where);
                ExpectNoNearerNode(input, before, added, where);
            }

            foreach (var left in before.Where(known => known.State == NodeAssignmentState.Ready && after.FirstOrDefault(node => node.SfuNode == known.SfuNode)?.State is not NodeAssignmentState.Ready))
            {
                var places = after.Where(node => node.State == NodeAssignmentState.Ready).Sum(node => Math.Max(0, FreeOn(node.SfuNode)));
                Assert.True(places >= left.Participants, $"{where}: {left.Participants} people leave {left.SfuNode}, and there are {places} places");
            }
        }

        /// <summary>A node in a further region is added only for the participants there, or when no node fits in the regions where the meeting is.</summary>
        private static void ExpectNoNearerNode(PlacementInput input, IReadOnlyList<NodeAssignment> before, NodeAssignment added, string where)
        {
            var regions = before.Where(node => node.State is not (NodeAssignmentState.Leaving or NodeAssignmentState.Lost)).Select(node => node.Region).ToHashSet();
            if (regions.Count == 0 || regions.Contains(added.Region) || where.EndsWith($"participants are in region {added.Region}", StringComparison.Ordinal))
            {
                return;
            }

            var demand = input.Demand with { Participants = added.Reserved ?? input.Demand.Participants };
            var nearer = input.Nodes.Where(node => regions.Contains(node.Region) && before.All(known => known.SfuNode != node.Name) && PlacementPlanner.FindRejections(demand, node, input.Nodes[0].LastSeen!.Value) is []);
            Assert.True(!nearer.Any(), $"{where}: {added.SfuNode} is in {added.Region}, and {nearer.FirstOrDefault()?.Name} fits in {string.Join(", ", regions)}");
        }

        private static NodeSnapshot Node(int index) => new()
        {
            Namespace = "meet-a",
            Name = $"p-{index}",
            Pool = "p",
            Region = Regions[index % 3],
            State = SfuNodeState.Allocated,
            HasLinks = true,
            MaxParticipants = Capacity,
        };

        private sealed class Person(string? region, string node)
        {
            public string? Region { get; } = region;

            public string Node { get; set; } = node;
        }
    }
}
