using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Ends the room of a meeting that is being deleted, then removes the finalizer.</summary>
internal sealed class DeleteStep(ClusterView cluster, RoomKeeper rooms, MeetingReleases releases) : IMeetingStep
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Meeting.Metadata.DeletionTimestamp is null)
        {
            return StepResult.Continue;
        }

        context.ShouldWriteStatus = false;
        if (Finalizers.Has(context.Meeting, MeetFinalizers.FreeRoom))
        {
            if (await rooms.EndAsync(context.Ref, onlyIfEmpty: false, ct).ConfigureAwait(false) != RoomEndResult.Done)
            {
                return StepResult.Wait(Retry);
            }

            if (await Finalizers.RemoveAsync(cluster.Client, context.Meeting, MeetFinalizers.FreeRoom, ct).ConfigureAwait(false) is { } left)
            {
                cluster.FreshMeetings.RecordWrite(left);
            }
            else
            {
                cluster.FreshMeetings.RecordRemoval(context.Meeting);
            }
        }

        releases.Release(context);
        return StepResult.Stop;
    }
}
