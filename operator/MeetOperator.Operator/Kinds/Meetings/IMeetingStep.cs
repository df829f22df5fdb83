namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>One part of a meeting's reconcile. Steps run in order until one of them stops.</summary>
internal interface IMeetingStep
{
    ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct);
}
