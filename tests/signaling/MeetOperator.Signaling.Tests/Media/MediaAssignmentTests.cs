using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Kubernetes;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class MediaAssignmentTests
{
    [Fact]
    public void ForParticipants_NoAssignment_ReturnsNull() => Assert.Null(MediaAssignment.ForParticipants([]));

    [Fact]
    public void ForParticipants_LostNode_ReturnsNull() => Assert.Null(MediaAssignment.ForParticipants([Assigned("n1", 3, AssignmentState.Lost)]));

    [Fact]
    public void ForParticipants_SeveralReadyNodes_ReturnsHighestGeneration() => Assert.Equal(
        "n2",
        MediaAssignment.ForParticipants([Assigned("n1", 3), Assigned("n2", 5), Assigned("n3", 4), Assigned("n4", 6, AssignmentState.Lost)])?.Node);

    private static MediaAssignment Assigned(string node, long generation, AssignmentState state = AssignmentState.Ready) =>
        new("meet-a", node, new Uri("https://127.0.0.1:7443/"), generation, AssignmentRole.Origin, state);
}
