namespace MeetOperator.Signaling.Data.Repositories;

public enum AppendOutcome
{
    Stored,

    /// <summary>The sender already stored a message with the same reference.</summary>
    Duplicate,

    /// <summary>The meeting is unknown or has ended.</summary>
    NoMeeting,

    /// <summary>The sender is not in the meeting, or a host removed the sender.</summary>
    NotMember,
}
