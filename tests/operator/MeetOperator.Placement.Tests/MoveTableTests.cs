using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

/// <summary>
/// Each state of a move from node a to node b with each event. Node c could take the meeting as well. A state lists nodes with their roles and states; facts about
/// them follow in brackets.
/// </summary>
public sealed class MoveTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private const string OnA = "a Origin Ready [room]";
    private const string Preparing = "a Origin Ready [room], b Edge Preparing [room]";
    private const string Leaving = "b Origin Ready [room linked], a Edge Leaving [room linked]";

    [Theory]
    [InlineData(OnA, "", "a Origin Ready", PlacementOutcome.Kept)]
    [InlineData(OnA, "a:drain", "a Origin Ready, b Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(OnA, "a:drain b:full", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(OnA, "a:drain b:full c:full", "a Origin Ready", PlacementOutcome.Kept)]
    [InlineData(OnA, "a:drain a:unlinked", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:drain b:unlinked", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(OnA, "a:drain b:unlinked c:unlinked", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:drain b:unlinked c:full", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:drain a:silent", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:cutoff", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:forced", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(OnA, "a:dead", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData("a Origin Preparing", "a:drain", "b Origin Preparing", PlacementOutcome.Moved)]
    public void Decide_OnOneNode_FollowsTable(string state, string events, string expected, PlacementOutcome outcome) => Check(state, events, expected, outcome);

    [Theory]
    [InlineData(Preparing, "a:drain", "a Origin Ready, b Edge Preparing", PlacementOutcome.Kept)]
    [InlineData("a Origin Ready [room], b Edge Preparing [room linked]", "a:drain", "b Origin Ready, a Edge Leaving", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Edge Preparing [linked]", "a:drain", "a Origin Ready, b Edge Preparing", PlacementOutcome.Kept)]
    [InlineData(Preparing, "", "a Origin Ready", PlacementOutcome.Reduced)]
    [InlineData(Preparing, "a:drain b:dead", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(Preparing, "a:drain b:dead c:full", "a Origin Ready", PlacementOutcome.Reduced)]
    [InlineData(Preparing, "a:drain b:drain", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(Preparing, "a:drain b:drain c:full", "a Origin Ready", PlacementOutcome.Reduced)]
    [InlineData(Preparing, "a:dead", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Edge Preparing", "a:dead", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(Preparing, "a:dead b:dead", "c Origin Preparing", PlacementOutcome.Moved)]
    [InlineData(Preparing, "a:dead b:dead c:full", "", PlacementOutcome.NoCapacity)]
    [InlineData(Preparing, "a:forced", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData(Preparing, "a:drain a:silent", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData(Preparing, "a:cutoff", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Edge Preparing", "a:cutoff", "b Origin Preparing", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Edge Preparing [room overdue]", "a:drain", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Edge Preparing [overdue]", "a:drain b:full", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData("a Origin Ready [room], b Edge Preparing [rejected]", "a:drain b:full", "a Origin Ready, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData("a Origin Lost, b Edge Preparing [room]", "a:drain", "b Origin Ready", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room people], b Edge Preparing [room linked overdue]", "a:drain b:tight", "a Origin Ready, b Edge Preparing, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData("a Origin Ready [room people], b Edge Preparing [room linked overdue]", "a:drain b:tight c:full", "a Origin Ready, b Edge Preparing", PlacementOutcome.Kept)]
    [InlineData("a Origin Ready [room people], b Edge Ready [room linked]", "a:drain a:unreported a:unlinked", "a Origin Ready, b Edge Ready", PlacementOutcome.Kept)]
    [InlineData("a Origin Ready [room people], b Edge Ready [room linked]", "a:drain b:unreported", "a Origin Ready, b Edge Ready", PlacementOutcome.Kept)]
    public void Decide_WhilePreparing_FollowsTable(string state, string events, string expected, PlacementOutcome outcome) => Check(state, events, expected, outcome);

    [Theory]
    [InlineData(Leaving, "a:drain", "b Origin Ready, a Edge Leaving", PlacementOutcome.Kept)]
    [InlineData(Leaving, "", "b Origin Ready, a Edge Leaving", PlacementOutcome.Kept)]
    [InlineData("b Origin Ready [room], a Edge Leaving [room empty]", "a:drain", "b Origin Ready", PlacementOutcome.Left)]
    [InlineData("b Origin Ready [room], a Edge Leaving [room late]", "a:drain", "b Origin Ready", PlacementOutcome.Left)]
    [InlineData(Leaving, "a:dead", "b Origin Ready", PlacementOutcome.Left)]
    [InlineData(Leaving, "a:forced", "b Origin Ready", PlacementOutcome.Left)]
    [InlineData("b Origin Ready [room], a Edge Lost", "a:drain", "b Origin Ready", PlacementOutcome.Reduced)]
    [InlineData(Leaving, "a:drain b:dead c:full", "a Origin Ready", PlacementOutcome.Moved)]
    [InlineData(Leaving, "a:drain b:dead", "a Origin Ready, c Edge Preparing", PlacementOutcome.Moved)]
    [InlineData(Leaving, "b:dead", "a Origin Ready", PlacementOutcome.Moved)]
    [InlineData(Leaving, "b:drain", "a Origin Ready, b Edge Leaving", PlacementOutcome.Moved)]
    [InlineData(Leaving, "a:drain b:drain", "b Origin Ready, a Edge Leaving, c Edge Preparing", PlacementOutcome.Preparing)]
    [InlineData(Leaving, "a:drain b:drain c:full", "b Origin Ready, a Edge Leaving", PlacementOutcome.Kept)]
    [InlineData(Leaving, "a:dead b:dead", "c Origin Preparing", PlacementOutcome.Moved)]
    public void Decide_WhileLeaving_FollowsTable(string state, string events, string expected, PlacementOutcome outcome) => Check(state, events, expected, outcome);

    [Theory]
    [InlineData("a Edge Ready [room], b Edge Ready [room people]", "", "b Origin Ready, a Edge Leaving", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Origin Ready [room people]", "", "b Origin Ready, a Edge Leaving", PlacementOutcome.Moved)]
    [InlineData("a Edge Leaving [room], b Standby Ready [room]", "", "b Origin Ready, a Edge Leaving", PlacementOutcome.Moved)]
    [InlineData("a Origin Ready [room], b Standby Preparing [room]", "", "a Origin Ready", PlacementOutcome.Reduced)]
    [InlineData("a Origin Leaving [room], b Edge Ready [room]", "", "b Origin Ready, a Edge Leaving", PlacementOutcome.Moved)]
    [InlineData("a Origin Leaving [room]", "", "a Origin Ready", PlacementOutcome.Moved)]
    public void Decide_StatusOfAnotherVersion_GetsOneOrigin(string state, string events, string expected, PlacementOutcome outcome) => Check(state, events, expected, outcome);

    [Theory]
    [InlineData(OnA, "to:b", "a Origin Ready, b Edge Preparing", MeetingMoveState.Moving)]
    [InlineData(OnA, "to:c", "a Origin Ready, c Edge Preparing", MeetingMoveState.Moving)]
    [InlineData(OnA, "to:a", "a Origin Ready", MeetingMoveState.Done)]
    [InlineData(OnA, "to:x", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:foreign", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b b:full", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b b:draining", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b b:dead", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b b:unlinked", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b a:unlinked", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b a:silent", "a Origin Ready", MeetingMoveState.Refused)]
    [InlineData("a Origin Preparing", "to:b", "a Origin Preparing", MeetingMoveState.Waiting)]
    [InlineData(OnA, "to:c a:drain", "a Origin Ready, c Edge Preparing", MeetingMoveState.Moving)]
    [InlineData(OnA, "to:c a:drain c:full", "a Origin Ready, b Edge Preparing", MeetingMoveState.Refused)]
    [InlineData(OnA, "to:b begun", "a Origin Ready", MeetingMoveState.Failed)]
    [InlineData(OnA, "to:c a:dead", "b Origin Preparing", null)]
    public void Decide_RequestedMove_FollowsTable(string state, string events, string expected, MeetingMoveState? answer) => CheckMove(state, events, expected, answer);

    [Theory]
    [InlineData(Preparing, "to:b begun", "a Origin Ready, b Edge Preparing", MeetingMoveState.Moving)]
    [InlineData("a Origin Ready [room], b Edge Preparing [room linked]", "to:b begun", "b Origin Ready, a Edge Leaving", MeetingMoveState.Done)]
    [InlineData("a Origin Ready [room], b Edge Preparing [room overdue]", "to:b begun", "a Origin Ready", MeetingMoveState.Failed)]
    [InlineData("a Origin Ready [room], b Edge Preparing [rejected]", "to:b", "a Origin Ready", MeetingMoveState.Failed)]
    [InlineData(Preparing, "to:b begun b:dead", "a Origin Ready", MeetingMoveState.Failed)]
    [InlineData("a Origin Ready [room], b Edge Preparing [room linked]", "to:b begun b:draining", "a Origin Ready", MeetingMoveState.Failed)]
    [InlineData(Preparing, "to:b begun a:dead", "b Origin Ready", MeetingMoveState.Done)]
    [InlineData(Preparing, "to:b begun a:drain", "a Origin Ready, b Edge Preparing", MeetingMoveState.Moving)]
    [InlineData(Preparing, "to:c", "a Origin Ready", MeetingMoveState.Waiting)]
    [InlineData(Preparing, "to:a", "a Origin Ready", MeetingMoveState.Done)]
    public void Decide_RequestedMoveWhilePreparing_FollowsTable(string state, string events, string expected, MeetingMoveState? answer) => CheckMove(state, events, expected, answer);

    [Theory]
    [InlineData(Leaving, "to:b", "b Origin Ready, a Edge Leaving", MeetingMoveState.Done)]
    [InlineData(Leaving, "to:a", "a Origin Ready, b Edge Leaving", MeetingMoveState.Done)]
    [InlineData(Leaving, "to:a a:draining", "b Origin Ready, a Edge Leaving", MeetingMoveState.Refused)]
    [InlineData("b Origin Ready [room], a Edge Leaving [room]", "to:a", "b Origin Ready, a Edge Leaving", MeetingMoveState.Refused)]
    [InlineData(Leaving, "to:c", "b Origin Ready, a Edge Leaving, c Edge Preparing", MeetingMoveState.Moving)]
    [InlineData("a Origin Ready [room people], b Edge Ready [room linked people]", "to:b", "b Origin Ready, a Edge Leaving", MeetingMoveState.Done)]
    [InlineData("a Origin Ready [room people], b Edge Ready [room people]", "to:b", "a Origin Ready, b Edge Leaving", MeetingMoveState.Refused)]
    public void Decide_RequestedMoveOfMeetingOnSeveralNodes_FollowsTable(string state, string events, string expected, MeetingMoveState? answer) => CheckMove(state, events, expected, answer);

    [Fact]
    public void Decide_RequestedMoveToUnknownOrForeignNode_AnswersAlike()
    {
        Assert.Equal("there is no media node x that the meeting may use", Decide(OnA, "to:x").Move!.Message);
        Assert.Equal("there is no media node foreign that the meeting may use", Decide(OnA, "to:foreign").Move!.Message);
    }

    [Fact]
    public void Decide_RequestedMoveToUnfitNode_AnswersWithAllReasons() =>
        Assert.Equal("meet-a/b cannot take the meeting: the media node is draining; full: 200 of 200 meetings", Decide(OnA, "to:b b:draining b:full").Move!.Message);

    [Fact]
    public void Decide_Switch_SetsDeadlineAndKeepsGenerations()
    {
        var decision = Decide("a Origin Ready [room], b Edge Preparing [room linked]", "a:drain");

        Assert.Equal([(null, 2L), (Now.AddSeconds(60), 1L)], decision.Nodes.Select(node => (node.Deadline, node.Generation)));
        Assert.Equal(2, decision.Generation);
    }

    private static void Check(string state, string events, string expected, PlacementOutcome outcome)
    {
        var decision = Decide(state, events);

        Assert.Equal(expected, string.Join(", ", decision.Nodes.Select(node => $"{node.SfuNode} {node.Role} {node.State}")));
        Assert.Equal(outcome, decision.Outcome);
    }

    private static void CheckMove(string state, string events, string expected, MeetingMoveState? answer)
    {
        var decision = Decide(state, events);

        Assert.Equal(expected, string.Join(", ", decision.Nodes.Select(node => $"{node.SfuNode} {node.Role} {node.State}")));
        Assert.Equal(answer, decision.Move?.State);
    }

    private static PlacementDecision Decide(string state, string events)
    {
        var nodes = state.Split(", ").Select(Read).ToArray();
        var input = new PlacementInput
        {
            Demand = new MeetingDemand
            {
                MeetingId = "m",
                Namespace = "meet-a",
                MoveTo = events.Split(' ').FirstOrDefault(text => text.StartsWith("to:", StringComparison.Ordinal)) is { } to
                    ? new MoveDemand { SfuNode = to[3..], HasBegun = events.Contains("begun", StringComparison.Ordinal) }
                    : null,
                Current = new CurrentPlacement { Generation = nodes.Max(node => node.Generation), Nodes = nodes },
            },
            Nodes = [.. new[] { "a", "b", "c" }.Select((name, index) => Node(name, index, events)), Node("foreign", 3, events) with { Namespace = "meet-b" }],
        };
        return PlacementPlanner.Decide(input, Now);
    }

    private static NodeAssignment Read(string text)
    {
        var words = text.Split([' ', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        return new NodeAssignment
        {
            Namespace = "meet-a",
            SfuNode = words[0],
            Role = Enum.Parse<AssignmentRole>(words[1]),
            State = Enum.Parse<NodeAssignmentState>(words[2]),
            Generation = words[0][0] - 'a' + 1,
            Participants = words.Contains("people") ? 5 : 0,
            RoomRejection = words.Contains("rejected") ? "full" : null,
            Facts = new AssignmentFacts
            {
                HasRoom = words.Contains("room"),
                IsLinked = words.Contains("linked"),
                IsOverdue = words.Contains("overdue"),
                IsEmpty = words.Contains("empty"),
                IsPastDeadline = words.Contains("late"),
            },
        };
    }

    /// <summary>The first nodes are the fullest, so the planner prefers a to b to c.</summary>
    private static NodeSnapshot Node(string name, int index, string events)
    {
        var happened = events.Split(' ').Where(text => text.StartsWith(name + ":", StringComparison.Ordinal)).Select(text => text[2..]).ToHashSet();
        return new NodeSnapshot
        {
            Namespace = "meet-a",
            Name = name,
            Pool = "p",
            LastSeen = happened.Contains("unreported") ? null : Now,
            MaxParticipants = happened.Contains("tight") ? 1 : 500,
            HasLinks = !happened.Contains("unlinked"),
            State = happened.Overlaps(["dead", "silent"]) ? SfuNodeState.Unhealthy : happened.Overlaps(["drain", "draining", "forced", "cutoff"]) ? SfuNodeState.Draining : SfuNodeState.Allocated,
            MayBeAlive = happened.Contains("silent"),
            IsDrainDue = happened.Overlaps(["drain", "forced"]),
            IsForcedDrainDue = happened.Contains("forced"),
            IsCutOff = happened.Contains("cutoff"),
            Meetings = happened.Contains("full") ? 200 : 100 - index,
        };
    }
}
