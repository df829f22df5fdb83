using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Adopts an assignment from the status if its generation is higher than the one in memory, since another operator wrote it later. Never adopts a node of
/// another tenant.
/// </summary>
internal sealed class AdoptStep(MediaFleet fleet, MeetingIds ids, PoolRights rights) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Status is { EndedAt: null, Assignments: [var assignment, ..] } && ids.IsIdOwner(context.Ref) && rights.CanCarry(context.Key.Namespace, assignment.Namespace))
        {
            fleet.Adopt(context.Ref, assignment);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }
}
