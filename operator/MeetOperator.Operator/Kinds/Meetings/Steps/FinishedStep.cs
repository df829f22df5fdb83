using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Operator.Cluster;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>Keeps an ended meeting until its time to live has passed, then deletes the object.</summary>
internal sealed class FinishedStep(ClusterView cluster, MeetingReleases releases) : IMeetingStep
{
    public async ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        if (context.Status.EndedAt is not { } ended)
        {
            return StepResult.Continue;
        }

        releases.Release(context);
        var due = ended.AddSeconds(context.Meeting.Spec.Lifecycle.TtlSecondsAfterFinished);
        if (due > context.Now)
        {
            return StepResult.Wait(due - context.Now);
        }

        context.ShouldWriteStatus = false;
        await cluster.Client.TryDeleteAsync<Meeting>(context.Key, ct, new DeleteOptions { Uid = context.Meeting.Metadata.Uid }).ConfigureAwait(false);
        return StepResult.Stop;
    }
}
