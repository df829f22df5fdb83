using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Meetings;

/// <summary>What the steps of one reconcile share: the meeting as stored, and the status that is being made.</summary>
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
            JoinUrl = Contracts.MeetingId.JoinUrl(publicUrl, MeetingId),
            Phase = meeting.Status?.Phase ?? MeetingPhase.Pending,
            ObservedGeneration = meeting.Metadata.Generation,
        };
    }

    /// <summary>Replaced when a step has written its metadata.</summary>
    public Meeting Meeting { get; set; }
    public Tenant? Tenant { get; }

    /// <summary>The tenant that owns the meeting's namespace; null when none does.</summary>
    public string? NamespaceOwner { get; }
    public DateTimeOffset Now { get; }
    public MeetingRef Ref { get; }
    public string MeetingId => Ref.Id;
    public NamespacedName Key => Ref.Name;
    public MeetingStatus Status { get; set; }

    /// <summary>False when the object is going, so that no status is to be written any more.</summary>
    public bool WritesStatus { get; set; } = true;

    /// <summary>When time alone will change something.</summary>
    public TimeSpan? LookAgainAfter { get; private set; }

    /// <summary>Why the meeting, which has its place and keeps it, would not be taken today; null when it would.</summary>
    public AcceptRules.Refusal? Refusal { get; set; }

    /// <summary>Most people that its room may hold.</summary>
    public int Places => MeetingLimits.Participants(Meeting, Tenant);

    public bool IsAccepted => Conditions.IsTrue(Status.Conditions, MeetConditions.Accepted);

    public void LookAgainAt(DateTimeOffset due)
    {
        var after = due - Now;
        after = after < TimeSpan.FromMilliseconds(50) ? TimeSpan.FromMilliseconds(50) : after;
        LookAgainAfter = LookAgainAfter is { } earlier && earlier < after ? earlier : after;
    }

    public void Set(string type, ConditionStatus status, string reason, string message)
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

    /// <summary>The meeting can be joined: it is as it was asked to be.</summary>
    public void IsReady(MeetingPhase phase, string message)
    {
        Set(MeetConditions.Ready, ConditionStatus.True, "RoomReady", "people can join");
        Status = Status with { Phase = phase, Message = message, Conditions = [.. Progress.Reached(Status.Conditions)] };
    }

    /// <summary>The meeting cannot be joined: one reason for the Ready condition, the message column and people.</summary>
    /// <param name="phase">Where it is in its life.</param>
    /// <param name="reason">For the condition.</param>
    /// <param name="message">What to know or to do.</param>
    /// <param name="stalled">True when it stays so until somebody changes something.</param>
    public void NotReady(MeetingPhase phase, string reason, string message, bool stalled = false)
    {
        Set(MeetConditions.Ready, ConditionStatus.False, reason, message);
        var conditions = stalled
            ? Progress.Stalled(Status.Conditions, reason, message, Meeting.Metadata.Generation, Now)
            : Progress.Reconciling(Status.Conditions, reason, message, Meeting.Metadata.Generation, Now);
        Status = Status with { Phase = phase, Message = message, Conditions = [.. conditions] };
    }

    /// <summary>The meeting is over, as it should be: nothing failed, nothing is under way, and Ready would say either.</summary>
    public void IsOver(string reason, string message)
    {
        Set(MeetConditions.Complete, ConditionStatus.True, reason, message);
        Status = Status with
        {
            Phase = MeetingPhase.Ended,
            Message = message,
            Conditions = [.. Conditions.Remove(Progress.Reached(Status.Conditions), MeetConditions.Ready)],
        };
    }
}
