using MeetOperator.Contracts.Meetings;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Creates the meeting's rooms on media nodes beside the origin, on all at the same time, and returns soon while the meeting is on several. A node that rejects the room does not
/// affect the meeting: the next decision replaces it.
/// </summary>
internal sealed class RoomsStep(MediaFleet fleet, RoomKeeper rooms, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan PreparingCheck = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LeavingCheck = TimeSpan.FromSeconds(1);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (fleet.Current(context.Ref) is not { Nodes.Count: > 1 } current)
        {
            if (context.AreRoomsPending)
            {
                context.MarkRoomsChanged(); // The meeting has lost the other nodes since the decision, and the room of the origin has the current spec.
            }

            return StepResult.Continue;
        }

        var created = await Task.WhenAll(current.Nodes.Where(node => IsDue(context, node, SettingsOf(context, node))).Select(node => CreateAsync(context, node, ct))).ConfigureAwait(false);
        foreach (var (node, rejection) in created)
        {
            Record(context, node, rejection);
        }

        if (context.AreRoomsPending && created.All(static room => room.Rejection is null || !room.Node.RoomExists))
        {
            context.MarkRoomsChanged();
        }

        context.RequeueAt(context.Now + (current.Nodes.Any(static node => node.State == NodeAssignmentState.Preparing) ? PreparingCheck : LeavingCheck));
        return StepResult.Continue;
    }

    /// <summary>The room on a node that the meeting leaves gets no change but a rule for connections, because people are still there.</summary>
    private static bool IsDue(MeetingContext context, AssignedNode node, RoomSettings settings) => node.Role != AssignmentRole.Origin && node.State switch
    {
        NodeAssignmentState.Preparing or NodeAssignmentState.Ready => !node.RoomExists || context.HasSpecChanged || !settings.Match(node),
        NodeAssignmentState.Leaving => node.RoomExists && node.Connectivity != settings.Connectivity,
        _ => false,
    };

    private RoomSettings SettingsOf(MeetingContext context, AssignedNode node) => RoomSettings.Of(context, node, fleet.View(node.Node));

    private async Task<(AssignedNode Node, string? Rejection)> CreateAsync(MeetingContext context, AssignedNode node, CancellationToken ct)
    {
        var settings = SettingsOf(context, node);
        var rejection = await rooms.CreateAsync(context.Ref, node, context.Meeting.Spec with { MaxParticipants = settings.Capacity }, settings.Connectivity, ct).ConfigureAwait(false);
        if (rejection is null)
        {
            fleet.RecordRoom(context.Ref, node.Node, node.Generation, settings.Capacity, settings.Connectivity);
        }

        return (node, rejection);
    }

    private void Record(MeetingContext context, AssignedNode node, string? rejection)
    {
        if (rejection == RoomKeeper.Silent)
        {
            context.SilentNodes.Add(node.Node);
        }

        if (rejection is not null && !node.RoomExists && rejection != RoomKeeper.Busy)
        {
            fleet.RecordRoomRejection(context.Ref, node.Node, node.Generation, rejection);
            events.RecordRoomRejection(context, node.Node.Name, rejection);
        }
    }
}
