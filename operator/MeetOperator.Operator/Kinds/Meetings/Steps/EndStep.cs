using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Ends a meeting that is due to end: first its room, then its status.</summary>
internal sealed class EndStep(MediaFleet fleet, RoomKeeper rooms, MeetingAges ages, MeetingReleases releases, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var spec = context.Meeting.Spec;

        // The last count of a node that does not respond does not include participants who joined since. Participants may also be in a room that the meeting has left.
        var counted = context.Status.FormerNodes is []
            && fleet.Current(context.Ref) is { HasParticipantCount: true } current
            && current.Nodes.All(assigned => fleet.View(assigned.Node) is not { Decision.State: SfuNodeState.Unhealthy })
            && fleet.HaveNodesReported(context.Key.Namespace);
        if (EndRules.FindEndReason(spec, ages.Apply(context.Ref, context.Status, context.Now), counted, context.Now) is not { } reason)
        {
            return StepResult.Continue;
        }

        if (await rooms.EndAsync(context.Ref, reason == EndRules.Empty, ct).ConfigureAwait(false) != RoomEndResult.Done)
        {
            return StepResult.Wait(Retry); // The next poll counts the participants who joined, or finds the node unhealthy.
        }

        releases.Release(context);
        var message = reason switch
        {
            EndRules.Empty => $"ended: the meeting was empty for {spec.Lifecycle.EmptyTimeoutSeconds} s (lifecycle.emptyTimeoutSeconds)",
            EndRules.MaxDuration => $"ended after {spec.Lifecycle.MaxDurationMinutes} minutes (lifecycle.maxDurationMinutes)",
            _ => "ended because desiredState is Ended",
        };
        MeetingStatuses.SetEnded(context, reason, message);
        events.RecordEnd(reason);
        return StepResult.Wait(TimeSpan.FromSeconds(Math.Max(1, spec.Lifecycle.TtlSecondsAfterFinished)));
    }
}
