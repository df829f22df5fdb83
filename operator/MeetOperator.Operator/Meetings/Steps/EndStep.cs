using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>Ends a meeting that is to end: its room first, then the status says so.</summary>
internal sealed class EndStep(MediaFleet fleet, RoomKeeper rooms, MeetingReleases releases, MeetingEvents events) : IMeetingStep
{
    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var spec = context.Meeting.Spec;
        var counted = fleet.Current(context.Ref) is { Counted: true };
        if (EndRules.WhyNow(spec, context.Status, counted, context.Now) is not { } reason)
        {
            return StepResult.Continue;
        }

        await rooms.EndAsync(context.Ref, ct).ConfigureAwait(false);
        releases.Release(context);
        var message = reason switch
        {
            EndRules.Empty => $"ended: nobody was in the meeting for {spec.Lifecycle.EmptyTimeoutSeconds} s (lifecycle.emptyTimeoutSeconds)",
            EndRules.MaxDuration => $"ended after {spec.Lifecycle.MaxDurationMinutes} minutes (lifecycle.maxDurationMinutes)",
            _ => "ended because desiredState is Ended",
        };
        MeetingStatuses.Ended(context, reason, message);
        events.Ended(reason);
        return StepResult.Wait(TimeSpan.FromSeconds(Math.Max(1, spec.Lifecycle.TtlSecondsAfterFinished)));
    }
}
