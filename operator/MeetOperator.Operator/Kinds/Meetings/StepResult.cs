namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>The result of a step: continue, stop, or stop and requeue after a delay.</summary>
internal readonly record struct StepResult(bool IsFinal, TimeSpan? After)
{
    public static readonly StepResult Continue = new(false, null);
    public static readonly StepResult Stop = new(true, null);

    public static StepResult Wait(TimeSpan after) => new(true, after);
}
