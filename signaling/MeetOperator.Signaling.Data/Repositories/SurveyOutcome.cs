namespace MeetOperator.Signaling.Data.Repositories;

/// <summary>What became of an answer to the survey.</summary>
public enum SurveyOutcome
{
    Stored,

    /// <summary>It replaced an earlier answer of the participant.</summary>
    Replaced,

    /// <summary>The meeting ended too long ago, or does not exist.</summary>
    Ended,

    /// <summary>The participant is unknown, or a host removed it.</summary>
    NotMember,
}
