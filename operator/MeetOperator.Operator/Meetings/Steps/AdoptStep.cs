using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>A status that names a higher generation than memory was written by somebody who knew more: memory follows it.</summary>
internal sealed class AdoptStep(MediaFleet fleet, MeetingIds ids) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Status is { EndedAt: null, Assignments: [var assignment, ..] } && ids.HasItsId(context.Ref))
        {
            fleet.Adopt(context.Ref, assignment);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }
}
