using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Links the media nodes of a meeting with each other. Does nothing for a meeting with one node. A link that cannot be opened stops no other step.</summary>
internal sealed class LinksStep(MediaFleet fleet, LinkKeeper links) : IMeetingStep
{
    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (fleet.Current(context.Ref) is { } current && await links.AdvanceAsync(current, context.SilentNodes, ct).ConfigureAwait(false) is { } next)
        {
            context.RequeueAt(context.Now + next);
        }

        return StepResult.Continue;
    }
}
