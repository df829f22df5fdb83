using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Decides which media nodes carry the meeting, creates the room on the origin, and writes the assignments into the status.</summary>
internal sealed class PlaceStep(ClusterView cluster, MediaFleet fleet, RoomKeeper rooms, PendingMeetings pending, MeetingEvents events) : IMeetingStep
{
    /// <summary>Number of nodes to try within one reconcile.</summary>
    private const int Attempts = 3;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);

    /// <summary>A node of an earlier version lacks something until it is replaced.</summary>
    private static readonly TimeSpan OutdatedRetry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BusyRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan UndecidedRetry = TimeSpan.FromSeconds(3);

    /// <summary>How soon a pool in the region of participants is noticed. Many meetings may wait for one that never comes, so it is not often.</summary>
    private static readonly TimeSpan RegionRetry = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MoveCheck = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ReportWait = TimeSpan.FromMilliseconds(300);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var specChanged = context.HasSpecChanged;
        var wanted = context.Meeting.Spec.Placement.MoveTo;
        var move = MeetingMoves.FindPending(wanted, context.Status.Move);
        var expiry = MeetingMoves.FindExpiry(wanted, move, context.Now);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = fleet.Current(context.Ref);
            if (before is null && Finalizers.Has(context.Meeting, MeetFinalizers.FreeRoom) && !fleet.HaveNodesReported(context.Key.Namespace))
            {
                return StepResult.Wait(ReportWait); // The meeting was placed before but its status is lost: a node that still has its room will report it.
            }

            // A node that has not reported to this operator yet looks unfit for a move, unless it is being prepared for it.
            var decidable = expiry is null && (move is { HasBegun: true } || fleet.HaveNodesReported(context.Key.Namespace)) ? move : null;
            if (fleet.Place(Demand(context, before) with { MoveTo = decidable }, context.Ref) is not { } decision)
            {
                return StepResult.Wait(Retry); // Another meeting with the same ID was just placed: the next reconcile rejects this one.
            }

            if (decision.Nodes is [])
            {
                return NotPlaced(context, decision);
            }

            if (decision.NeedsRetry)
            {
                context.RequeueAt(context.Now + (decision.Outcome == PlacementOutcome.Placed ? MoveCheck : UndecidedRetry)); // Capacity that is added elsewhere wakes no meeting that has a node.
            }

            if (decision.MayGrowLater)
            {
                context.RequeueAt(context.Now + RegionRetry);
            }

            RecordMove(context, expiry ?? decision.Move);
            var current = fleet.Current(context.Ref)!;
            var origin = current.Origin!;
            var settings = RoomSettings.Of(context, origin, fleet.View(origin.Node));
            if (origin.RoomExists && !specChanged && HasRequestedSettings(context, origin, settings))
            {
                events.RecordPlacement(context, decision);
                return SetPlaced(context, current, decision);
            }

            var finalizer = Finalizers.AddAsync(cluster.Client, context.Meeting, MeetFinalizers.FreeRoom, ct);
            var rejection = await rooms.CreateAsync(context.Ref, origin, context.Meeting.Spec with { MaxParticipants = settings.Capacity }, settings.Connectivity, ct).ConfigureAwait(false);
            context.Meeting = await finalizer.ConfigureAwait(false);
            if (rejection is null)
            {
                fleet.RecordRoom(context.Ref, origin.Node, origin.Generation, settings.Capacity, settings.Connectivity);
                pending.Remove(context.Key);
                events.RecordPlacement(context, decision);
                return SetUpToDate(context, fleet.Current(context.Ref)!, decision);
            }

            if (rejection == RoomKeeper.Silent)
            {
                context.SilentNodes.Add(origin.Node);
            }

            if (origin.RoomExists)
            {
                return KeepUnchanged(context, current, decision, rejection);
            }

            if (rejection == RoomKeeper.Busy)
            {
                return StepResult.Wait(BusyRetry);
            }

            fleet.RecordRoomRejection(context.Ref, origin.Node, origin.Generation, rejection);
            events.RecordRoomRejection(context, origin.Node.Name, rejection);
        }

        MeetingStatuses.SetUnplaced(context, "RoomRejected", $"{Attempts} media nodes rejected the room; will retry", [], FormerNodes(context));
        return StepResult.Wait(pending.Add(context.Key));
    }

    /// <summary>The requirements of the meeting. One that may not be placed again stays on its node and matches no other.</summary>
    private static MeetingDemand Demand(MeetingContext context, AssignedMeeting? current)
    {
        var demand = MeetingDemands.From(context.Meeting, context.Tenant, current);
        return context.Rejection is { CanMove: false } ? demand with { AllowedRegions = RegionSet.None } : demand;
    }

    /// <summary>
    /// Whether the room has the required settings. A room that another operator process created has the participant limit, unless the tenant has a quota, which may have
    /// changed.
    /// </summary>
    private static bool HasRequestedSettings(MeetingContext context, AssignedNode assigned, RoomSettings settings) =>
        settings.Match(assigned) || (assigned.RoomCapacity is null && assigned.Connectivity == settings.Connectivity && context.Tenant?.Spec.Quotas.ParticipantsPerMeeting is null);

    private void RecordMove(MeetingContext context, MoveAnswer? answer)
    {
        var (wanted, before) = (context.Meeting.Spec.Placement.MoveTo, context.Status.Move);
        context.Status = context.Status with { Move = MeetingMoves.Record(wanted, before, answer) };
        events.RecordMove(context, before);
        if (MeetingMoves.FindPending(wanted, context.Status.Move) is not null)
        {
            context.RequeueAt(context.Now + MoveCheck);
        }
    }

    private IReadOnlyList<FormerNode> FormerNodes(MeetingContext context) => fleet.FormerNodesOf(context.Ref, context.Status.FormerNodes);

    private StepResult SetPlaced(MeetingContext context, AssignedMeeting current, PlacementDecision decision)
    {
        var cascade = MeetingCascade.Of(current, node => fleet.FindReport(node, context.MeetingId)?.Room);
        MeetingStatuses.SetAssigned(context, current, cascade, FormerNodes(context), fleet.FreePlacesOf(context.Ref));
        MeetingStatuses.SetStandby(context, decision.Standby);
        if (context.Rejection is { } rejection)
        {
            MeetingStatuses.SetNotAllowed(context, rejection);
        }

        return StepResult.Continue;
    }

    /// <summary>The room of the origin has the current spec. The others get it after the status is written.</summary>
    private StepResult SetUpToDate(MeetingContext context, AssignedMeeting current, PlacementDecision decision)
    {
        if (context.HasSpecChanged && current.Nodes.Any(static node => node is { Role: not AssignmentRole.Origin, RoomExists: true, State: NodeAssignmentState.Preparing or NodeAssignmentState.Ready }))
        {
            context.HoldObservedGeneration();
        }

        return SetPlaced(context, current, decision);
    }

    /// <summary>
    /// The existing room could not be changed to the current spec. Participants stay in it; the node's polls show whether the room or the node is lost. The change is
    /// retried, so the status does not report the new generation as observed.
    /// </summary>
    private StepResult KeepUnchanged(MeetingContext context, AssignedMeeting current, PlacementDecision decision, string rejection)
    {
        context.KeepObservedGeneration();
        context.RequeueAt(context.Now + (rejection == RoomKeeper.WithoutConnectivity ? OutdatedRetry : Retry));
        return SetPlaced(context, current, decision);
    }

    private StepResult NotPlaced(MeetingContext context, PlacementDecision decision)
    {
        var (reason, message) = context.Rejection is { } rejection ? (rejection.Reason, rejection.Message) : (decision.Outcome.ToString(), decision.Reason);
        MeetingStatuses.SetUnplaced(context, reason, message, decision.Rejections, FormerNodes(context));
        events.RecordNotReady(context, reason, message);
        return StepResult.Wait(pending.Add(context.Key));
    }
}
