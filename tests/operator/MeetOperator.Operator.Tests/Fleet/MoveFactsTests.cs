using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Inputs;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>What the planner learns about a meeting of five that moves from n1 to n2, and which meetings on a node grow.</summary>
public sealed class MoveFactsTests
{
    private static readonly MeetingRef Meeting = new(new NamespacedName("meet-a", "m"), "uid", "m");

    [Theory]
    [InlineData("eu:3 us:2", "", "eu:3 us:2")]
    [InlineData("eu:3 us:2", "eu:3", "eu:3 us:2")]
    [InlineData("eu:3 us:2", "eu:3 us:2", "eu:3 us:2")]
    [InlineData("us:2", "eu:3", "eu:3 us:2")]
    [InlineData("", "eu:3 us:2", "eu:3 us:2")]
    public void AddTo_ParticipantsInTwoRooms_CountsEachOnce(string leaving, string arriving, string expected)
    {
        var before = new AssignedMeeting(Meeting) { Generation = 2, Nodes = [Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 5)] };
        var moving = before with { Nodes = [Node("n2", AssignmentRole.Origin, NodeAssignmentState.Ready, Sum(arriving)), Node("n1", AssignmentRole.Edge, NodeAssignmentState.Leaving, Sum(leaving))] };

        var demand = MoveFacts.AddTo(new MeetingDemand { MeetingId = "m", Namespace = "meet-a" }, moving, node => new RoomReport { Room = "m", Regions = Parse(node.Name == "n1" ? leaving : arriving) }, new ManualTime());

        Assert.Equal(expected, string.Join(' ', demand.Regions.OrderBy(entry => entry.Key).Select(entry => $"{entry.Key}:{entry.Value}")));
    }

    [Fact]
    public void CountGrowing_MeetingsThatGrowOrMove_CountsThoseThatGrow()
    {
        var table = new AssignmentTable();
        Set("grows", reserved: 4);
        Set("moves", reserved: null);
        Set("stays", reserved: null, isAlone: true);
        Set("other", reserved: 2);

        Assert.Equal(2, table.CountGrowing()[new NamespacedName("meet-a", "n1")]);
        Assert.Equal(1, table.CountGrowing(new MeetingRef(new NamespacedName("meet-a", "other"), "uid", "other"))[new NamespacedName("meet-a", "n1")]);
        Assert.DoesNotContain(new NamespacedName("meet-a", "n2"), table.CountGrowing().Keys);

        void Set(string name, int? reserved, bool isAlone = false) => table.Set(new AssignedMeeting(new MeetingRef(new NamespacedName("meet-a", name), "uid", name))
        {
            Generation = 2,
            Nodes = isAlone ? [Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 5)]
                : [Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 5), Node("n2", AssignmentRole.Edge, NodeAssignmentState.Preparing, 0) with { Reserved = reserved }],
        });
    }

    [Fact]
    public void Current_FurtherNode_KeepsWhatItWasChosenFor()
    {
        var chosen = new NodeAssignment { Namespace = "meet-a", SfuNode = "n2", State = NodeAssignmentState.Preparing, Generation = 2, Reserved = 4, Need = NodeNeed.Places };
        var meeting = new AssignedMeeting(new MeetingRef(new NamespacedName("meet-a", "m"), "uid", "m")) { Generation = 2, Nodes = [AssignedNode.Of(chosen, TimeProvider.System)] };

        var known = MeetingDemands.Current(meeting).Nodes.Single();

        Assert.Equal((4, NodeNeed.Places), (known.Reserved, known.Need));
    }

    private static AssignedNode Node(string name, AssignmentRole role, NodeAssignmentState state, int participants) =>
        new() { Node = new NamespacedName("meet-a", name), Role = role, State = state, Generation = 1, Participants = participants };

    private static Dictionary<string, int> Parse(string regions) =>
        regions.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static entry => entry.Split(':')).ToDictionary(static entry => entry[0], static entry => int.Parse(entry[1], System.Globalization.CultureInfo.InvariantCulture));

    private static int Sum(string regions) => Parse(regions).Values.Sum();
}
