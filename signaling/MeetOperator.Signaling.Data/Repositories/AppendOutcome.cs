namespace MeetOperator.Signaling.Data;

public enum AppendOutcome
{
    Stored,

    /// <summary>Its sender had stored it before, under the same reference.</summary>
    Known,

    /// <summary>The meeting is unknown or has ended.</summary>
    NoMeeting,

    /// <summary>The sender is not in the meeting, or a host removed it.</summary>
    NotMember,
}
