using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class MeetingStatusesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void SetAssigned_OneNode_ShowsNoFieldsOfSeveral()
    {
        var status = Assigned(3, Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 3, participants: 2));

        var only = Assert.Single(status.Assignments);
        Assert.Equal((AssignmentRole.Origin, AssignmentState.Ready, 2, null, null), (only.Role!.Value, only.State!.Value, only.Participants, only.Sessions, only.Deadline));
        Assert.Equal((1, "n1", null), (status.SfuCount, status.NodeSummary, status.LastGeneration));
    }

    [Fact]
    public void SetAssigned_NodeBeingPrepared_IsShownButCarriesNothing()
    {
        var status = Assigned(4, Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 3, 2), Node("n2", AssignmentRole.Edge, NodeAssignmentState.Preparing, 4));

        Assert.Equal([AssignmentState.Ready, AssignmentState.Preparing], status.Assignments.Select(node => node.State!.Value));
        Assert.Equal((1, "n1 (Origin), n2 (Edge, Preparing)", null), (status.SfuCount, status.NodeSummary, status.LastGeneration));
    }

    [Fact]
    public void SetAssigned_NodeBeingLeft_ShowsDeadlineAndSessions()
    {
        var left = Node("n1", AssignmentRole.Edge, NodeAssignmentState.Leaving, 3, 2) with { Sessions = 1, Deadline = Now.AddSeconds(60).AddMilliseconds(1) };

        var status = Assigned(4, Node("n2", AssignmentRole.Origin, NodeAssignmentState.Ready, 4, 1), left);

        Assert.Equal((AssignmentState.Leaving, 2, 1, Now.AddSeconds(61)), (status.Assignments[1].State!.Value, status.Assignments[1].Participants, status.Assignments[1].Sessions!.Value, status.Assignments[1].Deadline!.Value));
        Assert.Equal((2, "n2 (Origin), n1 (Edge, Leaving)"), (status.SfuCount, status.NodeSummary));
    }

    [Fact]
    public void SetAssigned_HighestGenerationNotListed_IsPreserved() => Assert.Equal(7, Assigned(7, Node("n1", AssignmentRole.Origin, NodeAssignmentState.Ready, 3)).LastGeneration);

    [Fact]
    public void SetUnplaced_AfterMove_LosesAllNodes()
    {
        var context = Context();
        Set(context, 4, Node("n2", AssignmentRole.Origin, NodeAssignmentState.Ready, 4, 1), Node("n1", AssignmentRole.Edge, NodeAssignmentState.Leaving, 3, 2) with { Deadline = Now });

        MeetingStatuses.SetUnplaced(context, "NoCapacity", "none", [], []);

        Assert.All(context.Status.Assignments, node => Assert.Equal((AssignmentState.Lost, null, null, 0), (node.State!.Value, node.Deadline, node.Sessions, node.Participants)));
        Assert.Null(context.Status.NodeSummary);
    }

    private static MeetingStatus Assigned(long generation, params AssignedNode[] nodes)
    {
        var context = Context();
        Set(context, generation, nodes);
        return context.Status;
    }

    private static void Set(MeetingContext context, long generation, params AssignedNode[] nodes) =>
        MeetingStatuses.SetAssigned(context, new AssignedMeeting(context.Ref) { Generation = generation, Nodes = nodes }, [], []);

    private static MeetingContext Context() => new(
        new Meeting { Metadata = new ObjectMeta { Name = "m", Namespace = "meet-a", Uid = "uid" }, Spec = new MeetingSpec() }, new Tenant { Spec = new TenantSpec { Namespace = "meet-a" } }, "a", "https://meet.example", Now);

    private static AssignedNode Node(string name, AssignmentRole role, NodeAssignmentState state, long generation, int participants = 0) =>
        new() { Node = new NamespacedName("meet-a", name), Role = role, State = state, Generation = generation, Participants = participants };
}
