using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Signaling.Data;

namespace MeetOperator.Signaling;

/// <summary>A meeting as the API server has it, with what follows from it for people who want to join.</summary>
public sealed record MeetingView(Meeting Object, Tenant Tenant, MediaAssignment? Assignment)
{
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

    /// <summary>True when media goes straight between the participants and no media node is waited for.</summary>
    public bool IsPeerToPeer => Object.Spec.Mode == MeetingMode.P2P;

    /// <summary>Most people at the same time, as far as the tenant's quota allows.</summary>
    public int Places => MeetingLimits.Participants(Object, Tenant);

    /// <summary>
    /// Why nobody new may come in, in the operator's words; null when they may. Above its quota a meeting that is placed goes on within it.
    /// </summary>
    public Condition? Refusal =>
        Object.Status?.Conditions.FirstOrDefault(c => c is { Type: MeetConditions.Accepted, Status: ConditionStatus.False }) is { } refused
        && (refused.Reason != AcceptReasons.QuotaExceeded || Assignment is null)
            ? refused
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

    /// <summary>Why there is no media node, in the operator's words: the first condition that is not true.</summary>
    public Condition? Obstacle =>
        Object.Status?.Conditions
            .Where(c => c.Status != ConditionStatus.True)
            .OrderBy(c => c.Type switch { MeetConditions.Accepted => 0, MeetConditions.Placed => 1, _ => 2 })
            .FirstOrDefault();
}
