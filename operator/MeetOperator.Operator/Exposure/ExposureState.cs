namespace MeetOperator.Operator.Exposure;

/// <summary>What is known about a target.</summary>
internal enum ExposureState
{
    /// <summary>Too few exchanges so far.</summary>
    Undecided,
    Answers,
    Fails,

    /// <summary>The operator's Pod has no route to addresses of this family.</summary>
    NotMeasured,
}
