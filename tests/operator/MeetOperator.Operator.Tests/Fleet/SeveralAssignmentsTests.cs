using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Placement.Assignments;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Fleet;

/// <summary>A meeting whose status names two media nodes. No decision of ours leads to it yet, so it is adopted.</summary>
public sealed class SeveralAssignmentsTests
{
    private static readonly MeetingRef Meeting = new(new NamespacedName("meet-a", "m1"), "uid-m1", "m1");
    private readonly ManualTime _time = new();
    private readonly MediaFleet _fleet;
    private readonly PollTarget _first;
    private readonly PollTarget _second;

    public SeveralAssignmentsTests()
    {
        _fleet = new MediaFleet(new FleetWakeups(), _time);
        (_first, _second) = (AddNode("n1"), AddNode("n2"));
        _fleet.Adopt(Meeting, [Stored("n1", generation: 3), Stored("n2", generation: 5)]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Adopt_TwoNodes_CountsMeetingOnBoth()
    {
        var current = _fleet.Current(Meeting)!;

        Assert.Equal([(Key("n1"), 3L), (Key("n2"), 5L)], current.Nodes.Select(node => (node.Node, node.Generation)));
        Assert.Equal(5, current.Generation);
        Assert.Equal((1, 1), (_fleet.View(Key("n1"))!.Meetings, _fleet.View(Key("n2"))!.Meetings));
    }

    [Fact]
    public void Adopt_OneNodeLost_KeepsOther()
    {
        _fleet.Adopt(Meeting, [Stored("n1", generation: 3), Stored("n2", generation: 6) with { State = AssignmentState.Lost }]);

        var current = _fleet.Current(Meeting)!;
        Assert.Equal(Key("n1"), Assert.Single(current.Nodes).Node);
        Assert.Equal(6, current.Generation);
        Assert.Equal((1, 0), (_fleet.View(Key("n1"))!.Meetings, _fleet.View(Key("n2"))!.Meetings));
    }

    [Fact]
    public void RecordReport_BothNodes_AddsParticipants()
    {
        Report(_first, ("m1", 3, 4));
        Assert.False(_fleet.Current(Meeting)!.HasParticipantCount);

        Report(_second, ("m1", 5, 2));

        Assert.True(_fleet.Current(Meeting)!.HasParticipantCount);
        Assert.Equal(6, _fleet.Current(Meeting)!.Participants);
    }

    [Fact]
    public void RecordReport_OneNodeLacksRoom_LosesOnlyThatRoom()
    {
        Report(_first, ("m1", 3, 4));
        Report(_second);

        Assert.Equal([NodeAssignmentState.Ready, NodeAssignmentState.Lost], _fleet.Current(Meeting)!.Nodes.Select(node => node.State));
    }

    [Fact]
    public void RecordReport_LowerGenerationOfOtherNode_IsNoConflict()
    {
        Report(_first, ("m1", 3, 0));

        Assert.Equal([3L, 5L], _fleet.Current(Meeting)!.Nodes.Select(node => node.Generation));
    }

    [Fact]
    public void RecordReport_HigherGenerationOfOneNode_RaisesOnlyThatNode()
    {
        Report(_first, ("m1", 4, 0));

        var current = _fleet.Current(Meeting)!;
        Assert.Equal([6L, 5L], current.Nodes.Select(node => node.Generation));
        Assert.Equal([NodeAssignmentState.Preparing, NodeAssignmentState.Ready], current.Nodes.Select(node => node.State));
        Assert.Equal(6, current.Generation);
    }

    [Fact]
    public void Release_TwoNodes_FreesBoth()
    {
        _fleet.Release(Meeting);

        Assert.Null(_fleet.Current(Meeting));
        Assert.Equal((0, 0), (_fleet.View(Key("n1"))!.Meetings, _fleet.View(Key("n2"))!.Meetings));
    }

    private static NamespacedName Key(string name) => new("meet-a", name);

    private static MeetingAssignment Stored(string node, long generation) => new() { Namespace = "meet-a", SfuNode = node, Generation = generation, State = AssignmentState.Ready };

    private PollTarget AddNode(string name)
    {
        var target = new PollTarget(Key(name), "pod-" + name, new Uri("http://127.0.0.1:1/"), "token");
        var node = new SfuNode { Metadata = new ObjectMeta { Name = name, Namespace = "meet-a" }, Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" } } };
        var pod = new Pod { Metadata = new ObjectMeta { Uid = target.PodUid }, Status = new PodStatus { Phase = "Running" } };
        _fleet.Observe(node, new SfuPool { Spec = new SfuPoolSpec() }, pod, sharedNamespace: false, target);
        Report(target);
        return target;
    }

    private void Report(PollTarget target, params (string Room, long Generation, int Participants)[] rooms) => _fleet.RecordReport(
        target,
        new NodeReport
        {
            Node = "n",
            Version = "1",
            InstanceId = "i",
            State = NodeState.Ready,
            StartedAt = _time.GetUtcNow(),
            Rooms = [.. rooms.Select(room => new RoomReport { Room = room.Room, Generation = room.Generation, Participants = room.Participants })],
        },
        _time.GetTimestamp());
}
