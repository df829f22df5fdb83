using MeetOperator.Kube.Core;
using MeetOperator.Kube.ProcessRuntime.Containers;
using MeetOperator.Kube.ProcessRuntime.Plans;

namespace MeetOperator.Kube.ProcessRuntime.Pods;

/// <summary>Computes the status of a Pod from the state of its containers. Pure.</summary>
internal static class PodStatusBuilder
{
    public static PodStatus Build(Pod pod, PodLocation location, DateTimeOffset startTime, IReadOnlyDictionary<string, ContainerSnapshot> snapshots, bool stopping, PodStatus? before, DateTimeOffset now)
    {
        var statuses = pod.Spec.Containers.Select(c => StatusOf(c, snapshots[c.Name])).ToList();
        var phase = PhaseOf(pod, statuses, stopping);
        var finished = phase is "Succeeded" or "Failed";
        var ready = !finished && statuses.All(s => s.Ready);
        var unready = finished ? "PodCompleted" : "ContainersNotReady";
        var message = ready || finished ? null : $"containers with unready status: [{string.Join(' ', statuses.Where(s => !s.Ready).Select(s => s.Name))}]";
        return new PodStatus
        {
            Phase = phase,
            HostIp = location.HostIp,
            PodIp = location.PodIp,
            PodIps = [new PodIp { Ip = location.PodIp }],
            StartTime = startTime,
            QosClass = "BestEffort",
            ContainerStatuses = statuses,
            Conditions =
            [
                ConditionOf("PodScheduled", true, null, null, before, now),
                ConditionOf("Initialized", true, null, null, before, now),
                ConditionOf("ContainersReady", ready, unready, message, before, now),
                ConditionOf("Ready", ready, unready, message, before, now),
            ],
        };
    }

    /// <summary>The status of a rejected Pod, of which no container was started.</summary>
    public static PodStatus Rejected(PodLocation location, string reason, string message, DateTimeOffset now) => new()
    {
        Phase = "Failed",
        Reason = reason,
        Message = message,
        HostIp = location.HostIp,
        StartTime = now,
    };

    private static ContainerStatus StatusOf(Container container, ContainerSnapshot snapshot) => new()
    {
        Name = container.Name,
        Image = container.Image ?? string.Empty,
        ImageID = snapshot.ContainerId is null ? string.Empty : $"process://{container.Image}",
        ContainerID = snapshot.ContainerId,
        State = snapshot.State,
        LastState = snapshot.LastState ?? new ContainerState(),
        RestartCount = snapshot.RestartCount,
        Ready = snapshot.Ready,
        Started = snapshot.Started,
    };

    private static string PhaseOf(Pod pod, List<ContainerStatus> statuses, bool stopping)
    {
        if (statuses.All(s => s.State?.Terminated is { } ended && (stopping || IsFinal(pod, ended))))
        {
            return statuses.All(s => s.State!.Terminated!.ExitCode == 0) ? "Succeeded" : "Failed";
        }

        return statuses.Exists(s => s.State?.Waiting is not null && s.LastState?.Terminated is null) ? "Pending" : "Running";
    }

    private static bool IsFinal(Pod pod, ContainerStateTerminated ended) =>
        pod.Spec.RestartPolicy == "Never" || (pod.Spec.RestartPolicy == "OnFailure" && ended.ExitCode == 0);

    private static PodCondition ConditionOf(string type, bool isTrue, string? reason, string? message, PodStatus? before, DateTimeOffset now)
    {
        var status = isTrue ? "True" : "False";
        var old = before?.Conditions?.FirstOrDefault(c => c.Type == type);
        return new PodCondition
        {
            Type = type,
            Status = status,
            Reason = isTrue ? null : reason,
            Message = isTrue ? null : message,
            LastTransitionTime = old?.Status == status ? old.LastTransitionTime : now,
        };
    }
}
