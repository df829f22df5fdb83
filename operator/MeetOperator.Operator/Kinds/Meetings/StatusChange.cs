namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>What a write of a meeting's status changes.</summary>
internal enum StatusChange
{
    /// <summary>Nothing, or something that is not listed here. It is written at once.</summary>
    Other,

    /// <summary>Only figures, such as the number of participants.</summary>
    Figures,

    /// <summary>The first participants are in the meeting, and nothing else has changed.</summary>
    InUse,

    /// <summary>The last participants have left, and nothing else has changed.</summary>
    Empty,
}
