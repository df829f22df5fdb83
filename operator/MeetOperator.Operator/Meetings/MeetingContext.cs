using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

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
        MeetingId = Contracts.MeetingId.Of(meeting);
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
    public string MeetingId { get; }
    public NamespacedName Key => Meeting.Metadata.NamespacedName;
    public MeetingStatus Status { get; set; }

    /// <summary>False when the object is going, so that no status is to be written any more.</summary>
    public bool WritesStatus { get; set; } = true;

    /// <summary>When time alone will change something.</summary>
    public TimeSpan? LookAgainAfter { get; private set; }

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

    /// <summary>The meeting cannot be joined: one reason for the Ready condition, the message column and people.</summary>
    public void NotReady(MeetingPhase phase, string reason, string message)
    {
        Set(MeetConditions.Ready, ConditionStatus.False, reason, message);
        Status = Status with { Phase = phase, Message = message };
    }
}
