using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Creates the meeting's rooms on media nodes beside the origin, and returns soon while the meeting is on several. A node that rejects the room does not affect the meeting:
/// the next decision replaces it.
/// </summary>
internal sealed class RoomsStep(MediaFleet fleet, RoomKeeper rooms, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan PreparingCheck = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LeavingCheck = TimeSpan.FromSeconds(1);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (fleet.Current(context.Ref) is not { Nodes.Count: > 1 } current)
        {
            return StepResult.Continue;
        }

        foreach (var node in current.Nodes.Where(node => node.Role != AssignmentRole.Origin && node.State is NodeAssignmentState.Preparing or NodeAssignmentState.Ready))
        {
            if (!node.RoomExists || context.HasSpecChanged || node.RoomCapacity != context.RoomCapacity)
            {
                await CreateAsync(context, node, ct).ConfigureAwait(false);
            }
        }

        context.RequeueAt(context.Now + (current.Nodes.Any(static node => node.State == NodeAssignmentState.Preparing) ? PreparingCheck : LeavingCheck));
        return StepResult.Continue;
    }

    private async Task CreateAsync(MeetingContext context, AssignedNode node, CancellationToken ct)
    {
        var rejection = await rooms.CreateAsync(context.Ref, node, context.Meeting.Spec with { MaxParticipants = context.RoomCapacity }, ct).ConfigureAwait(false);
        if (rejection is null)
        {
            fleet.RecordRoom(context.Ref, node.Node, node.Generation, context.RoomCapacity);
            return;
        }

        if (node.RoomExists)
        {
            context.Status = context.Status with { ObservedGeneration = context.Meeting.Status?.ObservedGeneration }; // The change is retried.
        }
        else if (rejection != RoomKeeper.Busy)
        {
            fleet.RecordRoomRejection(context.Ref, node.Node, node.Generation, rejection);
            events.RecordRoomRejection(context, node.Node.Name, rejection);
        }
    }
}
