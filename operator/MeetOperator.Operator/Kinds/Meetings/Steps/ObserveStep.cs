using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Copies the participant counts of the meeting's media nodes into the status, once all of them are known, and the nodes that it has moved away from. A meeting is not
/// empty while participants remain on those.
/// </summary>
internal sealed class ObserveStep(MediaFleet fleet, MeetingAges ages) : IMeetingStep
{
    /// <summary>Pause until the next check of former nodes that have not reported to this operator yet.</summary>
    private static readonly TimeSpan ReportWait = TimeSpan.FromSeconds(1);

    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        context.Status = context.Status with { FormerNodes = fleet.FormerNodesOf(context.Ref, context.Status.FormerNodes) };
        if (context.Status.FormerNodes is [_, ..] former && former.Except(fleet.FormerNodesOf(context.Ref)).Any())
        {
            context.RequeueAt(context.Now + ReportWait); // The first report of such a node does not always trigger a reconcile.
        }

        var current = fleet.Current(context.Ref);
        var isEmpty = current is not { Participants: > 0 } && context.Status.FormerNodes is [];
        if (current is { Nodes: [_, ..] } && current.Nodes.All(node => IsServing(node) || IsBeingPrepared(node)))
        {
            var emptySince = ages.ObserveEmpty(context.Ref, isEmpty, context.Status.EmptySince, context.Now);
            context.Status = WithParticipants(context.Status, current, context.Now) with { EmptySince = emptySince };
        }
        else if (isEmpty)
        {
            context.Status = context.Status with { EmptySince = context.Status.EmptySince ?? ages.FindUnwrittenEmpty(context.Ref) };
        }
        else
        {
            ages.ObserveInUse(context.Ref);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }

    private bool IsServing(AssignedNode assigned) =>
        assigned.IsInUse && (assigned.Role == AssignmentRole.Standby || fleet.View(assigned.Node) is { Decision.State: not SfuNodeState.Unhealthy });

    /// <summary>Whether the node has no participants yet, because it is only prepared beside the origin.</summary>
    private static bool IsBeingPrepared(AssignedNode assigned) => assigned is { State: NodeAssignmentState.Preparing, Role: not AssignmentRole.Origin };

    private static MeetingStatus WithParticipants(MeetingStatus status, AssignedMeeting current, DateTimeOffset now)
    {
        var participants = current.Participants;
        return status with
        {
            Participants = participants,
            PeakParticipants = Math.Max(status.PeakParticipants, participants),
            StartedAt = status.StartedAt ?? (participants > 0 ? now : null),
            Assignments = [.. status.Assignments.Select(assignment => WithParticipants(assignment, current))],
        };
    }

    private static MeetingAssignment WithParticipants(MeetingAssignment stored, AssignedMeeting current) =>
        current.On(new NamespacedName(stored.Namespace, stored.SfuNode)) is { } assigned && assigned.Generation == stored.Generation
            ? stored with { Participants = assigned.Participants, Sessions = current.Nodes.Count > 1 ? assigned.Sessions : null }
            : stored;
}
