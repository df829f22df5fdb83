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
    private static readonly TimeSpan BusyRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReportWait = TimeSpan.FromMilliseconds(300);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var specChanged = context.Meeting.Status?.ObservedGeneration != context.Meeting.Metadata.Generation;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = fleet.Current(context.Ref);
            if (before is null && Finalizers.Has(context.Meeting, MeetFinalizers.FreeRoom) && !fleet.HaveReported(context.Key.Namespace))
            {
                return StepResult.Wait(ReportWait); // It was placed before and its status is lost: a node that still has its room will say so.
            }

            if (fleet.Place(Demand(context, before), context.Ref) is not { } decision)
            {
                return StepResult.Wait(Retry); // Another meeting with the same id was placed a moment ago: the next reconcile refuses this one.
            }

            if (decision.Chosen is null)
            {
                return Nowhere(context, decision);
            }

            var current = fleet.Current(context.Ref)!;
            if (current.RoomExists && !specChanged && HoldsAsMany(context, current))
            {
                return Placed(context, current);
            }

            var finalizer = Finalizers.AddAsync(cluster.Client, context.Meeting, MeetFinalizers.FreeRoom, ct);
            var refusal = await rooms.MakeAsync(context.Ref, current, context.Meeting.Spec with { MaxParticipants = context.Places }, ct).ConfigureAwait(false);
            context.Meeting = await finalizer.ConfigureAwait(false);
            if (refusal is null)
            {
                fleet.RoomExists(context.Ref, current.Generation, context.Places);
                pending.Remove(context.Key);
                events.Placed(context, decision);
                return Placed(context, fleet.Current(context.Ref)!);
            }

            if (decision.Outcome == PlacementOutcome.Kept && current.RoomExists)
            {
                return Unchanged(context, current);
            }

            if (refusal == RoomKeeper.Busy)
            {
                return StepResult.Wait(BusyRetry);
            }

            fleet.RoomRefused(context.Ref, current.Generation, refusal);
            events.RoomRefused(context, decision.Chosen.Name, refusal);
        }

        MeetingStatuses.Unplaced(context, "NodesRefused", $"{Attempts} media nodes refused the room; trying again", []);
        return StepResult.Wait(pending.Add(context.Key));
    }

    /// <summary>What the meeting asks for; one that may not be placed anew stays where it is and is placed nowhere else.</summary>
    private static MeetingDemand Demand(MeetingContext context, CurrentAssignment? current)
    {
        var demand = MeetingDemands.From(context.Meeting, context.Tenant, current);
        return context.Refusal is { MayMove: false } ? demand with { AllowedRegions = RegionSet.None } : demand;
    }

    /// <summary>A room that another process made holds what the meeting asks for, unless a quota may have changed since.</summary>
    private static bool HoldsAsMany(MeetingContext context, CurrentAssignment current) =>
        current.Places is { } places ? places == context.Places : context.Tenant?.Spec.Quotas.ParticipantsPerMeeting is null;

    private static StepResult Placed(MeetingContext context, CurrentAssignment current)
    {
        MeetingStatuses.Assigned(context, current);
        if (context.Refusal is { } refusal)
        {
            MeetingStatuses.NotAllowed(context, refusal);
        }

        return StepResult.Continue;
    }

    /// <summary>
    /// The room exists and could not be changed to what the meeting asks for now. People stay in it: whether the node has lost it or is dead is for its polls to say.
    /// The change is tried again, so the status does not say that it was taken in.
    /// </summary>
    private static StepResult Unchanged(MeetingContext context, CurrentAssignment current)
    {
        context.Status = context.Status with { ObservedGeneration = context.Meeting.Status?.ObservedGeneration };
        context.LookAgainAt(context.Now + Retry);
        return Placed(context, current);
    }

    private StepResult Nowhere(MeetingContext context, PlacementDecision decision)
    {
        var (reason, message) = context.Refusal is { } refusal ? (refusal.Reason, refusal.Message) : (decision.Outcome.ToString(), decision.Reason);
        MeetingStatuses.Unplaced(context, reason, message, decision.Rejections);
        events.NotReady(context, reason, message);
        return StepResult.Wait(pending.Add(context.Key));
    }
}
