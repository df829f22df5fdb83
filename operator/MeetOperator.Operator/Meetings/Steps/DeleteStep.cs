using MeetOperator.Contracts;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>A meeting that is being deleted: its room is ended, then the finalizer lets it go.</summary>
internal sealed class DeleteStep(ClusterView cluster, RoomKeeper rooms, MeetingReleases releases) : IMeetingStep
{
    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Meeting.Metadata.DeletionTimestamp is null)
        {
            return StepResult.Continue;
        }

        context.WritesStatus = false;
        if (Finalizers.Has(context.Meeting, MeetFinalizers.FreeRoom))
        {
            await rooms.EndAsync(context.Ref, ct).ConfigureAwait(false);
            if (await Finalizers.RemoveAsync(cluster.Client, context.Meeting, MeetFinalizers.FreeRoom, ct).ConfigureAwait(false) is { } left)
            {
                cluster.FreshMeetings.Wrote(left);
            }
            else
            {
                cluster.FreshMeetings.Removed(context.Meeting);
            }
        }

        releases.Release(context);
        return StepResult.Stop;
    }
}
