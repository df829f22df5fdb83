using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>State that the steps of one reconcile share: the stored meeting and the status to write.</summary>
internal sealed class MeetingContext
{
    public MeetingContext(Meeting meeting, Tenant? tenant, string? namespaceOwner, string publicUrl, DateTimeOffset now)
    {
        Meeting = meeting;
        Tenant = tenant;
        NamespaceOwner = namespaceOwner;
        Now = now;
        Ref = MeetingRef.Of(meeting);
        Status = (meeting.Status ?? new MeetingStatus()) with
        {
            MeetingId = MeetingId,
            JoinUrl = Contracts.Meetings.MeetingId.JoinUrl(publicUrl, MeetingId),
            Phase = meeting.Status?.Phase ?? MeetingPhase.Pending,
            ObservedGeneration = meeting.Metadata.Generation,
        };
    }

    /// <summary>Replaced after a step has written its metadata.</summary>
    public Meeting Meeting { get; set; }
    public Tenant? Tenant { get; }

    /// <summary>The tenant that owns the meeting's namespace, or null.</summary>
    public string? NamespaceOwner { get; }
    public DateTimeOffset Now { get; }
    public MeetingRef Ref { get; }
    public string MeetingId => Ref.Id;
    public NamespacedName Key => Ref.Name;
    public MeetingStatus Status { get; set; }

    /// <summary>False when the object is being deleted, so that its status is no longer written.</summary>
    public bool ShouldWriteStatus { get; set; } = true;

    /// <summary>Media nodes that did not respond to a call of this reconcile, or are known not to. They are not called again in it.</summary>
    public HashSet<NamespacedName> SilentNodes { get; } = [];

    /// <summary>The delay after which the passing of time changes something, or null.</summary>
    public TimeSpan? RequeueAfter { get; private set; }

    /// <summary>The reason why the meeting, which keeps its assignment, would not be accepted today; null when it would.</summary>
    public AcceptRules.Rejection? Rejection { get; set; }

    /// <summary>The maximum number of participants in the meeting's room.</summary>
    public int RoomCapacity => MeetingLimits.Participants(Meeting, Tenant);

    /// <summary>Whether the status was computed from an earlier spec.</summary>
    public bool HasSpecChanged => Meeting.Status?.ObservedGeneration != Meeting.Metadata.Generation;

    public bool IsAccepted => Conditions.IsTrue(Status.Conditions, MeetConditions.Accepted);

    /// <summary>True when rooms beside the origin's must still get the current spec, so that the status does not report its generation as observed.</summary>
    public bool AreRoomsPending { get; private set; }

    /// <summary>The status reports the generation of the spec as observed only after <see cref="MarkRoomsChanged"/>.</summary>
    public void HoldObservedGeneration()
    {
        AreRoomsPending = true;
        KeepObservedGeneration();
    }

    /// <summary>The rooms could not be changed to the current spec. The change is retried.</summary>
    public void KeepObservedGeneration() => Status = Status with { ObservedGeneration = Meeting.Status?.ObservedGeneration };

    public void MarkRoomsChanged() => Status = Status with { ObservedGeneration = Meeting.Metadata.Generation };

    public void RequeueAt(DateTimeOffset due)
    {
        var after = due - Now;
        after = after < TimeSpan.FromMilliseconds(50) ? TimeSpan.FromMilliseconds(50) : after;
        RequeueAfter = RequeueAfter is { } earlier && earlier < after ? earlier : after;
    }

    public void SetCondition(string type, ConditionStatus status, string reason, string message)
    {
        var condition = new Condition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            ObservedGeneration = Meeting.Metadata.Generation,
        };
        Status = Status with { Conditions = [.. Conditions.Set(Status.Conditions, condition, Now)] };
    }

    /// <summary>Records that the meeting can be joined.</summary>
    public void MarkReady(MeetingPhase phase, string message)
    {
        SetCondition(MeetConditions.Ready, ConditionStatus.True, "RoomReady", MeetingStatuses.CanBeJoined);
        Status = Status with { Phase = phase, Message = message, Conditions = [.. ProgressConditions.Reached(Status.Conditions)] };
    }

    /// <summary>Records that the meeting cannot be joined, with one reason for the Ready condition and one message for the status.</summary>
    /// <param name="phase">The phase of the meeting.</param>
    /// <param name="reason">Reason for the condition.</param>
    /// <param name="message">What happened, or what to do.</param>
    /// <param name="stalled">True when the state lasts until something is changed.</param>
    public void MarkNotReady(MeetingPhase phase, string reason, string message, bool stalled = false)
    {
        SetCondition(MeetConditions.Ready, ConditionStatus.False, reason, message);
        var conditions = stalled
            ? ProgressConditions.Stalled(Status.Conditions, reason, message, Meeting.Metadata.Generation, Now)
            : ProgressConditions.Reconciling(Status.Conditions, reason, message, Meeting.Metadata.Generation, Now);
        Status = Status with { Phase = phase, Message = message, Conditions = [.. conditions] };
    }

    /// <summary>Conditions that a step has set to another status than an earlier step of the same reconcile keep the times of the stored ones, if these had that status already.</summary>
    public void KeepTransitionTimes() => Status = Status with
    {
        Conditions =
        [
            .. Status.Conditions.Select(condition => Conditions.Get(Meeting.Status?.Conditions, condition.Type) is { } stored && stored.Status == condition.Status
                ? condition with { LastTransitionTime = stored.LastTransitionTime }
                : condition),
        ],
    };

    /// <summary>Records that the meeting has ended as intended. The Ready condition is removed, since False would mean a failure or work in progress.</summary>
    public void MarkEnded(string reason, string message)
    {
        SetCondition(MeetConditions.Complete, ConditionStatus.True, reason, message);
        Status = Status with
        {
            Phase = MeetingPhase.Ended,
            Message = message,
            Conditions = [.. Conditions.Remove(Conditions.Remove(ProgressConditions.Reached(Status.Conditions), MeetConditions.Ready), MeetConditions.StandbyReady)],
        };
    }
}
