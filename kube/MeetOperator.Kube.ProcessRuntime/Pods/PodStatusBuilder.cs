using MeetOperator.Kube.Core;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>What the Pod's status must say, from what is known of its containers. Pure.</summary>
internal static class PodStatusBuilder
{
    public static PodStatus Build(Pod pod, PodPlace place, DateTimeOffset startTime, IReadOnlyDictionary<string, ContainerFacts> facts, bool stopping, PodStatus? before, DateTimeOffset now)
    {
        var statuses = pod.Spec.Containers.Select(c => StatusOf(c, facts[c.Name])).ToList();
        var phase = PhaseOf(pod, statuses, stopping);
        var finished = phase is "Succeeded" or "Failed";
        var ready = !finished && statuses.All(s => s.Ready);
        var unready = finished ? "PodCompleted" : "ContainersNotReady";
        var message = ready || finished ? null : $"containers with unready status: [{string.Join(' ', statuses.Where(s => !s.Ready).Select(s => s.Name))}]";
        return new PodStatus
        {
            Phase = phase,
            HostIp = place.HostIp,
            PodIp = place.PodIp,
            PodIps = [new PodIp { Ip = place.PodIp }],
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

    /// <summary>A Pod that was refused: nothing of it was started.</summary>
    public static PodStatus Refuse(PodPlace place, string reason, string message, DateTimeOffset now) => new()
    {
        Phase = "Failed",
        Reason = reason,
        Message = message,
        HostIp = place.HostIp,
        StartTime = now,
    };

    private static ContainerStatus StatusOf(Container container, ContainerFacts facts) => new()
    {
        Name = container.Name,
        Image = container.Image ?? string.Empty,
        ImageID = facts.ContainerId is null ? string.Empty : $"process://{container.Image}",
        ContainerID = facts.ContainerId,
        State = facts.State,
        LastState = facts.LastState ?? new ContainerState(),
        RestartCount = facts.RestartCount,
        Ready = facts.Ready,
        Started = facts.Started,
    };

    private static string PhaseOf(Pod pod, List<ContainerStatus> statuses, bool stopping)
    {
        if (statuses.All(s => s.State?.Terminated is { } ended && (stopping || Final(pod, ended))))
        {
            return statuses.All(s => s.State!.Terminated!.ExitCode == 0) ? "Succeeded" : "Failed";
        }

        return statuses.Exists(s => s.State?.Waiting is not null && s.LastState?.Terminated is null) ? "Pending" : "Running";
    }

    private static bool Final(Pod pod, ContainerStateTerminated ended) =>
        pod.Spec.RestartPolicy == "Never" || (pod.Spec.RestartPolicy == "OnFailure" && ended.ExitCode == 0);

    private static PodCondition ConditionOf(string type, bool holds, string? reason, string? message, PodStatus? before, DateTimeOffset now)
    {
        var status = holds ? "True" : "False";
        var old = before?.Conditions?.FirstOrDefault(c => c.Type == type);
        return new PodCondition
        {
            Type = type,
            Status = status,
            Reason = holds ? null : reason,
            Message = holds ? null : message,
            LastTransitionTime = old?.Status == status ? old.LastTransitionTime : now,
        };
    }
}
