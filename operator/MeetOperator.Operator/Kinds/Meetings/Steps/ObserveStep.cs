using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Copies the participant counts of the meeting's media nodes into the status, once all of them are known. A meeting is not empty while participants are still in a
/// room that it has moved away from.
/// </summary>
internal sealed class ObserveStep(MediaFleet fleet) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (fleet.Current(context.Ref) is { Nodes: [_, ..] } current && current.Nodes.All(IsServing))
        {
            context.Status = WithParticipants(context.Status, current, fleet.FormerNodesOf(context.Ref) is [_, ..], context.Now);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }

    private bool IsServing(AssignedNode assigned) =>
        assigned.State == NodeAssignmentState.Ready && fleet.View(assigned.Node) is { Decision.State: not SfuNodeState.Unhealthy };

    private static MeetingStatus WithParticipants(MeetingStatus status, AssignedMeeting current, bool hasFormerNodes, DateTimeOffset now)
    {
        var participants = current.Participants;
        return status with
        {
            Participants = participants,
            PeakParticipants = Math.Max(status.PeakParticipants, participants),
            StartedAt = status.StartedAt ?? (participants > 0 ? now : null),
            EmptySince = participants > 0 || hasFormerNodes ? null : status.EmptySince ?? now,
            Assignments = [.. status.Assignments.Select(assignment => WithParticipants(assignment, current))],
        };
    }

    private static MeetingAssignment WithParticipants(MeetingAssignment stored, AssignedMeeting current) =>
        current.On(new NamespacedName(stored.Namespace, stored.SfuNode)) is { } assigned && assigned.Generation == stored.Generation
            ? stored with { Participants = assigned.Participants }
            : stored;
}
