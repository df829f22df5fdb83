using MeetOperator.Contracts;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>Finds a media node for the meeting, makes the room there, and writes the assignment into the status.</summary>
internal sealed class PlaceStep(ClusterView cluster, MediaFleet fleet, RoomKeeper rooms, PendingMeetings pending, MeetingEvents events) : IMeetingStep
{
    /// <summary>Nodes that are asked within one reconcile before it waits.</summary>
    private const int Attempts = 3;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var specChanged = context.Meeting.Status?.ObservedGeneration != context.Meeting.Metadata.Generation;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = fleet.Current(context.Ref);
            if (fleet.Place(MeetingDemands.From(context.Meeting, context.Tenant!, before), context.Ref) is not { } decision)
            {
                return StepResult.Wait(Retry); // Another meeting with the same id was placed a moment ago: the next reconcile refuses this one.
            }

            if (decision.Chosen is null)
            {
                return Nowhere(context, decision);
            }

            var current = fleet.Current(context.Ref)!;
            if (current.RoomExists && !specChanged)
            {
                MeetingStatuses.Assigned(context, current);
                return StepResult.Continue;
            }

            var finalizer = Finalizers.AddAsync(cluster.Client, context.Meeting, MeetFinalizers.FreeRoom, ct);
            var refusal = await rooms.MakeAsync(context.Ref, current, context.Meeting.Spec, ct).ConfigureAwait(false);
            context.Meeting = await finalizer.ConfigureAwait(false);
            if (refusal is null)
            {
                fleet.RoomExists(context.Ref, current.Generation);
                pending.Remove(context.Key);
                MeetingStatuses.Assigned(context, fleet.Current(context.Ref)!);
                events.Placed(context, decision);
                return StepResult.Continue;
            }

            fleet.RoomRefused(context.Ref, current.Generation, refusal);
            events.RoomRefused(context, decision.Chosen.Name, refusal);
        }

        MeetingStatuses.Unplaced(context, "NodesRefused", $"{Attempts} media nodes refused the room; trying again", []);
        pending.Add(context.Key);
        return StepResult.Wait(Retry);
    }

    private StepResult Nowhere(MeetingContext context, PlacementDecision decision)
    {
        pending.Add(context.Key);
        MeetingStatuses.Unplaced(context, decision.Outcome.ToString(), decision.Reason, decision.Rejections);
        events.NotReady(context, decision.Outcome.ToString(), decision.Reason);
        return StepResult.Wait(Retry);
    }
}
