using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Reads the state of a media node's process from its Pod and tells its runs apart. Ignores other containers in the Pod, such as injected sidecars. Pure.
/// </summary>
internal static class PodRuns
{
    /// <summary>True when <paramref name="now"/> runs another process than <paramref name="before"/>: another Pod, or a restarted container.</summary>
    public static bool IsAnotherProcess(Pod? before, Pod? now) =>
        before is not null && now is not null && (before.Metadata.Uid != now.Metadata.Uid || Restarts(now) > Restarts(before));

    /// <summary>True when the process started after <paramref name="seen"/>. Both are wall-clock times of different hosts.</summary>
    public static bool HasStartedAfter(Pod? pod, DateTimeOffset? seen) => Process(pod)?.State?.Running?.StartedAt > seen;

    /// <summary>True when the current process was already running at <paramref name="seen"/>.</summary>
    public static bool HasRunSince(Pod? pod, DateTimeOffset? seen) => Process(pod)?.State?.Running?.StartedAt <= seen;

    /// <summary>Result of the kubelet's readiness probe; null when none is reported.</summary>
    public static bool? IsReady(Pod? pod) => Process(pod)?.Ready;

    /// <summary>
    /// True when the cluster has marked the Pod's cluster node as unreachable: its node lifecycle controller then sets Ready to False, while ContainersReady keeps the kubelet's
    /// last value. A container that is not ready makes both False. With readiness gates, the kubelet itself writes this combination, so such Pods are excluded.
    /// </summary>
    public static bool IsNodeUnreachable(Pod? pod) =>
        Condition(pod, "Ready") == "False" && Condition(pod, "ContainersReady") == "True" && pod!.Spec?.UnknownFields?.ContainsKey("readinessGates") != true;

    /// <summary>The reason why the process is not running, as reported by the kubelet; null while it is running or nothing is reported.</summary>
    public static string? FindStopReason(Pod pod) => Process(pod)?.State switch
    {
        { Running: null, Waiting: { } waiting } => waiting.Reason ?? "Waiting",
        { Running: null, Terminated: { } terminated } => terminated.Reason ?? "Terminated",
        _ => null,
    };

    /// <summary>True when the Pod's process has never run. A node that served did so in an earlier Pod.</summary>
    public static bool HasNeverRun(Pod? pod) =>
        pod is { Status: null or { Phase: null or "" or "Pending" } } && Process(pod) is null or { State.Running: null, RestartCount: 0 };

    private static string? Condition(Pod? pod, string type) => pod?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Status;

    private static ContainerStatus? Process(Pod? pod) => pod?.Status?.ContainerStatuses?.FirstOrDefault(container => container.Name == MeetComponents.MediaNode);

    private static int Restarts(Pod pod) => Process(pod)?.RestartCount ?? 0;
}
