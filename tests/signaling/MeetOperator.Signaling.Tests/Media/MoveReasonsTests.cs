using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Protocol;
using static MeetOperator.Contracts.Meetings.AssignmentRole;
using static MeetOperator.Contracts.Meetings.AssignmentState;

namespace MeetOperator.Signaling.Tests.Media;

/// <summary>A participant in region south is on n1, and the meeting has further media nodes. The choice is made first, so that each reason belongs to a move that is possible.</summary>
public sealed class MoveReasonsTests
{
    private static readonly MediaAssignment Current = Assigned("n1", Origin);

    public static TheoryData<string, MediaMoveReason> Moves => new()
    {
        { "n1 leaves, n2 is the origin", MediaMoveReason.Leaving },
        { "n1 stays, n2 is in the region", MediaMoveReason.Region },
        { "n1 is gone, n2 is the standby", MediaMoveReason.Standby },
        { "n1 is gone, n2 is an edge", MediaMoveReason.Unreachable },
        { "n1 is the standby, n2 is back", MediaMoveReason.Returned },
        { "n1 is the standby, n2 is gone, n3 is in the region", MediaMoveReason.Region },
        { "n1 is the standby and leaves, n2 is the origin", MediaMoveReason.Leaving },
    };

    [Theory]
    [MemberData(nameof(Moves))]
    public void Find_ChosenNode_ReturnsReason(string situation, MediaMoveReason expected)
    {
        MediaAssignment[] assignments = situation switch
        {
            "n1 leaves, n2 is the origin" => [Current with { Role = Edge, State = Leaving }, Assigned("n2", Origin)],
            "n1 stays, n2 is in the region" => [Current, Assigned("n2", Edge, "south")],
            "n1 is gone, n2 is the standby" => [Current with { IsGone = true }, Assigned("n2", Standby)],
            "n1 is gone, n2 is an edge" => [Current with { IsGone = true }, Assigned("n2", Edge)],
            "n1 is the standby, n2 is back" => [Current with { Role = Standby }, Assigned("n2", Origin)],
            "n1 is the standby, n2 is gone, n3 is in the region" => [Current with { Role = Standby }, Assigned("n2", Origin) with { IsGone = true }, Assigned("n3", Edge, "south")],
            _ => [Current with { Role = Standby, State = Leaving }, Assigned("n2", Origin)],
        };
        var target = ParticipantNodes.Choose(assignments, Current.Key, region: "south")!;
        Assert.NotEqual(Current.Node, target.Node);

        Assert.Equal(expected, MoveReasons.Find(assignments, Current.Key, target.Key));
    }

    [Fact]
    public void Find_NodeIsNoLongerAssigned_ReturnsNull() => Assert.Null(MoveReasons.Find([Assigned("n2", Origin)], Current.Key, Assigned("n2", Origin).Key));

    private static MediaAssignment Assigned(string node, AssignmentRole role, string region = "north") =>
        new("meet-a", node, new Uri("https://127.0.0.1:7443/"), 1, role, Ready) { Region = region };
}
