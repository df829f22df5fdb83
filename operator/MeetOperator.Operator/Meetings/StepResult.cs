namespace MeetOperator.Operator.Meetings;

/// <summary>What a step says: go on, stop here, or stop here and look again later.</summary>
internal readonly record struct StepResult(bool Stops, TimeSpan? After)
{
    public static readonly StepResult Continue = new(false, null);
    public static readonly StepResult Stop = new(true, null);

    public static StepResult Wait(TimeSpan after) => new(true, after);
}
