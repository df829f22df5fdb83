namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>What became of a report.</summary>
public enum DiagnosticOutcome
{
    Stored,

    /// <summary>The participant sent a report with this reference before. The earlier one is kept.</summary>
    Duplicate,

    /// <summary>The meeting has ended or does not exist.</summary>
    Ended,

    /// <summary>The participant is unknown, or a host removed it.</summary>
    NotMember,

    /// <summary>The participant has sent as many reports as it may.</summary>
    ParticipantFull,

    /// <summary>The meeting has as many reports as it may have.</summary>
    MeetingFull,
}
