namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>
/// One part of a meeting's reconcile. Steps run in order until one of them stops. Those before the status is written decide it; those after it call further media nodes.
/// </summary>
internal interface IMeetingStep
{
    ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct);
}
