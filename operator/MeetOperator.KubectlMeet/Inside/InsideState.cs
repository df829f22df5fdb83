using MeetOperator.Kube.Core;

namespace MeetOperator.KubectlMeet.Inside;

/// <summary>How far the Pod of a check is. Pure.</summary>
/// <param name="Stage">How far.</param>
/// <param name="Message">Why it waits, failed or ended; empty if nothing says so.</param>
internal readonly record struct InsideState(InsideStage Stage, string Message)
{
    public static InsideState Of(Pod pod)
    {
        var status = pod.Status;
        if (status?.ContainerStatuses is [{ State: { } state }, ..])
        {
            if (state.Terminated is { } ended)
            {
                return ended.Reason is "StartError" or "ContainerCannotRun"
                    ? new InsideState(InsideStage.Failed, $"the image {pod.Spec.Containers[0].Image} cannot start kubectl-meet, because it is of an earlier version: upgrade the installation ({ended.Message})")
                    : new InsideState(InsideStage.Ended, $"{ended.Reason ?? "the program ended"} with exit code {ended.ExitCode}");
            }

            if (state.Running is not null)
            {
                return new InsideState(InsideStage.Running, string.Empty);
            }

            if (state.Waiting is { Reason: not (null or "ContainerCreating" or "PodInitializing" or "ErrImagePull") } waits)
            {
                return new InsideState(InsideStage.Failed, $"{waits.Reason}: {waits.Message}");
            }
        }

        return status?.Phase switch
        {
            "Failed" => new InsideState(InsideStage.Failed, $"{status.Reason}: {status.Message}"),
            "Succeeded" => new InsideState(InsideStage.Ended, string.Empty),
            _ => new InsideState(InsideStage.Waiting, status?.Conditions?.FirstOrDefault(condition => condition is { Type: "PodScheduled", Status: "False" })?.Message ?? string.Empty),
        };
    }
}

internal enum InsideStage
{
    /// <summary>The container has not started.</summary>
    Waiting,
    Running,

    /// <summary>The program has ended; its log says how.</summary>
    Ended,

    /// <summary>The program has not run, and will not.</summary>
    Failed,
}
