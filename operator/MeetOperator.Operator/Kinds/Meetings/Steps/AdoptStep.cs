using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Adopts the assignments from the status if their generation is higher than the one in memory, since another operator wrote them later. Never adopts a node of
/// another tenant.
/// </summary>
internal sealed class AdoptStep(MediaFleet fleet, MeetingIds ids, PoolRights rights) : IMeetingStep
{
    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Status is { EndedAt: null, Assignments: [_, ..] stored } && ids.IsIdOwner(context.Ref))
        {
            fleet.Adopt(context.Ref, rights.SelectAdoptable(context.Key.Namespace, stored), context.Status.LastGeneration ?? 0);
        }

        return ValueTask.FromResult(StepResult.Continue);
    }
}
