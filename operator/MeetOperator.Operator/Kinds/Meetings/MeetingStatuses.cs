using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Placement.Assignments;
using MeetOperator.Placement.Decisions;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Writes the outcome of a placement, or the end of a meeting, into the status. Pure.</summary>
internal static class MeetingStatuses
{
    /// <summary>Message of a meeting with participants.</summary>
    public const string InUse = "participants are in the meeting";

    /// <summary>Message of an empty meeting.</summary>
    public const string CanBeJoined = "the meeting can be joined";

    /// <summary>Reason for settings that a media node of an earlier version does not enforce.</summary>
    public const string NotEnforced = "SettingsNotEnforced";

    private const int MaxRejections = 16;

    /// <summary>
    /// The room exists on the origin. The status also lists the media nodes that are being prepared, are in use or are being left beside it. The meeting is not empty while
    /// participants remain on former nodes.
    /// </summary>
    public static void SetAssigned(
        MeetingContext context,
        AssignedMeeting current,
        IReadOnlyList<CascadeLink> cascade,
        IReadOnlyList<FormerNode> formerNodes,
        IReadOnlyDictionary<NamespacedName, int>? freePlaces = null)
    {
        var origin = current.Origin!;
        var participants = current.Participants;
        var nodes = current.Nodes.Where(node => node == origin || node.State != NodeAssignmentState.Lost).ToArray();
        MeetingAssignment[] assignments = [.. nodes.Select(node => Assignment(node, isOnly: nodes.Length == 1) with { FreePlaces = FreePlaces(node) })];

        // In a room that was just created, all participants are still reconnecting, so the empty time of the previous room does not count.
        var isNewRoom = context.Status.Assignments is [_, ..] before && before.All(assignment => assignment.Generation != origin.Generation);
        var emptySince = isNewRoom ? null : context.Status.EmptySince;
        context.Status = context.Status with
        {
            Region = current.Region,
            SfuCount = nodes.Count(node => node == origin || (node.IsInUse && node.Role != AssignmentRole.Standby)),
            NodeSummary = NodeSummary.Of(assignments),
            LastGeneration = nodes.Any(node => node.Generation == current.Generation) ? null : current.Generation,
            Topology = context.Status.Topology ?? (context.Meeting.Spec.Mode == MeetingMode.P2P ? MediaTopology.P2P : MediaTopology.Sfu),
            Participants = participants,
            EmptySince = participants > 0 || formerNodes is [_, ..] ? null : emptySince ?? context.Now,
            Rejections = [],
            Assignments = assignments,
            Cascade = cascade,
            FormerNodes = formerNodes,
        };
        var message = participants > 0 ? InUse : CanBeJoined;
        context.SetCondition(MeetConditions.Placed, ConditionStatus.True, "Placed", $"assigned to {origin.Node.Name}");
        context.MarkReady(participants > 0 ? MeetingPhase.Active : MeetingPhase.Ready, message);

        int? FreePlaces(AssignedNode node) =>
            nodes.Length > 1 && freePlaces?.TryGetValue(node.Node, out var free) == true ? free : null; // A join would change the places of all meetings on the node.
    }

    /// <summary>Whether a media node can take over. A meeting that needs none does not have this condition. While it cannot be decided, the condition stays as it was.</summary>
    public static void SetStandby(MeetingContext context, StandbyState? standby)
    {
        if (standby is not null)
        {
            context.SetCondition(MeetConditions.StandbyReady, standby.IsReady ? ConditionStatus.True : ConditionStatus.False, standby.Reason, standby.Message);
        }
        else if (context.Meeting.Spec.Placement.AvailabilityClass != AvailabilityClass.Critical)
        {
            context.Status = context.Status with { Conditions = [.. Conditions.Remove(context.Status.Conditions, MeetConditions.StandbyReady)] };
        }
    }

    /// <summary>The meeting goes on, on a media node that does not enforce the connectivity settings yet.</summary>
    public static void SetNotEnforced(MeetingContext context, string message) =>
        context.Status = context.Status with { Message = message, Conditions = [.. ProgressConditions.Reconciling(context.Status.Conditions, NotEnforced, message, context.Meeting.Metadata.Generation, context.Now)] };

    /// <summary>Whether the meeting has no node and waits for one.</summary>
    public static bool IsWaiting(MeetingStatus? status) =>
        status is { EndedAt: null, SfuCount: 0 } && Conditions.Get(status.Conditions, MeetConditions.Ready) is { Status: ConditionStatus.False };

    /// <summary>The meeting has a room but would not be accepted today. Participants stay; new ones can join only if the rejection is a quota.</summary>
    public static void SetNotAllowed(MeetingContext context, AcceptRules.Rejection rejection)
    {
        var goesOn = context.Status.Participants > 0 || rejection.Reason == AcceptReasons.QuotaExceeded;
        context.MarkNotReady(goesOn ? context.Status.Phase!.Value : MeetingPhase.Pending, rejection.Reason, rejection.Message, stalled: !rejection.IsTransient);
    }

    /// <summary>No node carries the meeting. The last assignments stay with state Lost to preserve their generations.</summary>
    public static void SetUnplaced(MeetingContext context, string reason, string message, IReadOnlyList<Rejection> rejections, IReadOnlyList<FormerNode> formerNodes)
    {
        var hadNode = context.Status.Assignments.Count > 0;
        context.Status = context.Status with
        {
            SfuCount = 0,
            Participants = 0,
            Region = null,
            NodeSummary = null,
            Cascade = [],
            Assignments = [.. context.Status.Assignments.Select(assignment => assignment with { State = AssignmentState.Lost, Deadline = null, Participants = 0, Sessions = null, FreePlaces = null, Connectivity = null })],
            FormerNodes = formerNodes,
            Rejections = Bounded(rejections),
        };
        context.SetCondition(MeetConditions.Placed, ConditionStatus.False, reason, message);
        context.MarkNotReady(hadNode ? MeetingPhase.Migrating : MeetingPhase.Pending, reason, message);
    }

    /// <summary>The meeting is over and its room has ended.</summary>
    public static void SetEnded(MeetingContext context, string reason, string message)
    {
        context.MarkEnded(reason, message);
        context.SetCondition(MeetConditions.Placed, ConditionStatus.False, "Ended", "the room has ended");
        context.Status = context.Status with
        {
            EndedAt = context.Now,
            EndReason = reason,
            Participants = 0,
            SfuCount = 0,
            NodeSummary = null,
            LastGeneration = null,
            Cascade = [],
            Topology = null,
            Move = MeetingMoves.End(context.Status.Move),
            EmptySince = null,
            Assignments = [],
            FormerNodes = [],
            Rejections = [],
        };
    }

    /// <summary>What the status shows about a node. The origin is only written once its room exists.</summary>
    private static MeetingAssignment Assignment(AssignedNode assigned, bool isOnly) => new()
    {
        SfuNode = assigned.Node.Name,
        Namespace = assigned.Node.Namespace ?? string.Empty,
        Region = assigned.Region,
        Role = assigned.Role,
        State = assigned switch
        {
            { Role: AssignmentRole.Origin } or { State: NodeAssignmentState.Ready } => AssignmentState.Ready,
            { State: NodeAssignmentState.Leaving } => AssignmentState.Leaving,
            _ => AssignmentState.Preparing,
        },
        Deadline = assigned.Deadline is { } deadline ? WholeSeconds(deadline) : null,
        Participants = assigned.Participants,
        Sessions = isOnly ? null : assigned.Sessions,
        Connectivity = assigned.Connectivity,
        Generation = assigned.Generation,
    };

    /// <summary>Rounds up to whole seconds, the precision of times in Kubernetes statuses.</summary>
    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds((time.ToUnixTimeMilliseconds() + 999) / 1000 * 1000);

    private static PlacementRejection[] Bounded(IReadOnlyList<Rejection> rejections)
    {
        var shown = rejections.Count <= MaxRejections ? rejections : [.. rejections.Take(MaxRejections - 1)];
        var listed = shown.Select(rejection => new PlacementRejection { Candidate = rejection.Candidate, Reason = rejection.Reason });
        return shown.Count == rejections.Count
            ? [.. listed]
            : [.. listed, new PlacementRejection { Candidate = "others", Reason = $"{rejections.Count - shown.Count} more were rejected" }];
    }
}
