using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Copies the media node's participant count into the status.</summary>
internal sealed class ObserveStep(MediaFleet fleet) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (fleet.Current(context.Ref) is { RoomExists: true, RoomLost: false, Node: { } node } current
            && fleet.View(node) is { Decision.State: not SfuNodeState.Unhealthy })
        {
            context.Status = WithParticipants(context.Status, current, context.Now);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }

    private static MeetingStatus WithParticipants(MeetingStatus status, CurrentAssignment current, DateTimeOffset now)
    {
        var participants = current.Participants;
        return status with
        {
            Participants = participants,
            PeakParticipants = Math.Max(status.PeakParticipants, participants),
            StartedAt = status.StartedAt ?? (participants > 0 ? now : null),
            EmptySince = participants > 0 ? null : status.EmptySince ?? now,
            Assignments = [.. status.Assignments.Select(assignment => assignment.Generation == current.Generation ? assignment with { Participants = participants } : assignment)],
        };
    }
}
