using MeetOperator.Contracts.Connectivity;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Kubernetes;

/// <summary>A meeting in the informer cache, with the properties that matter for joining it.</summary>
internal sealed record MeetingView(Meeting Object, Tenant Tenant, IReadOnlyList<MediaAssignment> Assignments)
{
    /// <summary>The assignment that new participants use, or null.</summary>
    public MediaAssignment? Assignment { get; } = ParticipantNodes.Choose(Assignments);

    /// <summary>The assignments to nodes that have a room, so that participants may be there.</summary>
    public IEnumerable<MediaAssignment> Serving => Assignments.Where(assignment => assignment.IsServing);

    public string Id { get; } = MeetingId.Of(Object);

    public MeetingKey Key => new(TenantName, Id);

    public string TenantName => Tenant.Metadata.Name!;

    public string Title => Object.Spec.Title ?? Object.Metadata.Name ?? Id;

    public bool IsEnded => HasEnded(Object);

    /// <summary>pending, ready, active or ended.</summary>
    public string Status => IsEnded ? "ended" : Object.Status?.Phase switch
    {
        MeetingPhase.Ready => "ready",
        MeetingPhase.Active or MeetingPhase.Migrating => "active",
        _ => "pending",
    };

    /// <summary>True if media flows directly between the participants, so no media node is needed.</summary>
    public bool IsPeerToPeer => Object.Spec.Mode == MeetingMode.P2P;

    /// <summary>True if media may flow directly between the participants, which shows them each other's IP addresses.</summary>
    public bool AllowsDirectConnections => MeetingLimits.AllowsDirectConnections(Object, Tenant);

    /// <summary>How a participant may reach its media node: what the node enforces, and what the tenant denies now. Null without limits.</summary>
    /// <param name="room">The room that the participant uses; null if it uses none yet.</param>
    /// <param name="region">Region of the participant; null if it has none.</param>
    /// <param name="last">What was known before. It counts while no media node serves the meeting, which says nothing about the next one.</param>
    public ConnectivityRule? ConnectivityOf(RoomKey? room, string? region, ConnectivityRule? last = null) => MeetingLimits.Connectivity(
        Tenant, Serving.Any() ? AssignmentOf(room, region)?.Connectivity : last);

    /// <summary>The assignment that a participant uses, or would use if it joined now; null if there is none.</summary>
    /// <param name="room">The room that the participant uses; null if it uses none yet.</param>
    /// <param name="region">Region of the participant; null if it has none.</param>
    public MediaAssignment? AssignmentOf(RoomKey? room, string? region) =>
        Assignments.FirstOrDefault(assignment => assignment.Key == room) ?? ParticipantNodes.Choose(Assignments, region: region);

    /// <summary>True if a participant may use tunnels through signaling when no other path works.</summary>
    /// <param name="room">The room that the participant uses; null if it uses none yet.</param>
    /// <param name="region">Region of the participant; null if it has none.</param>
    /// <param name="wereAllowed">Whether they were allowed before, which counts while no media node serves the meeting.</param>
    public bool AllowsTunnels(RoomKey? room, string? region, bool wereAllowed = false) => ConnectivityOf(room, region, wereAllowed ? ConnectivityRule.Unlimited : null) is { AllowsTunnels: true };

    /// <summary>True if the clients must encrypt media end to end.</summary>
    public bool IsE2ee => Object.Spec.Media.E2ee == MeetingE2ee.Required;

    /// <summary>Maximum number of concurrent participants, limited by the tenant's quota.</summary>
    public int Capacity => MeetingLimits.Participants(Object, Tenant);

    /// <summary>
    /// The operator's condition that rejects new participants, or null. A placed meeting stays open for new participants when the tenant exceeds its quota.
    /// </summary>
    public Condition? Rejection =>
        Object.Status?.Conditions.FirstOrDefault(c => c is { Type: MeetConditions.Accepted, Status: ConditionStatus.False }) is { } rejection
        && (rejection.Reason != AcceptReasons.QuotaExceeded || Assignment is null)
            ? rejection
            : null;

    public string EndReason => Object.Status?.EndReason switch
    {
        "Empty" => "empty",
        "MaxDuration" => "max-duration",
        "Deleted" => "deleted",
        _ => Object.Metadata.DeletionTimestamp is not null ? "deleted" : "ended",
    };

    public static bool HasEnded(Meeting meeting) =>
        meeting.Spec.DesiredState == MeetingDesiredState.Ended
        || meeting.Metadata.DeletionTimestamp is not null
        || meeting.Status?.Phase == MeetingPhase.Ended;

    /// <summary>The operator's condition that explains why there is no media node: the first condition that is not true, or null.</summary>
    public Condition? BlockingCondition =>
        Object.Status?.Conditions
            .Where(c => c.Status != ConditionStatus.True)
            .OrderBy(c => c.Type switch { MeetConditions.Accepted => 0, MeetConditions.Placed => 1, _ => 2 })
            .FirstOrDefault();
}
