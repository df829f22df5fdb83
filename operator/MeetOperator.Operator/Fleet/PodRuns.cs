using MeetOperator.Contracts;
using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>
/// Reads what the kubelet says of a media node's process, and tells runs of it apart. The Pod's other containers, such as an injected sidecar, say nothing about it. Pure.
/// </summary>
internal static class PodRuns
{
    /// <summary>True when <paramref name="now"/> is another process than <paramref name="before"/>: another Pod, or a container that was restarted.</summary>
    public static bool IsAnother(Pod? before, Pod? now) =>
        before is not null && now is not null && (before.Metadata.Uid != now.Metadata.Uid || Restarts(now) > Restarts(before));

    /// <summary>True when the process runs only since a moment after <paramref name="seen"/>; both are wall clocks, of different machines.</summary>
    public static bool HasStartedAfter(Pod? pod, DateTimeOffset? seen) => Process(pod)?.State?.Running?.StartedAt > seen;

    /// <summary>True when the present process ran already when it was <paramref name="seen"/>.</summary>
    public static bool HasRunSince(Pod? pod, DateTimeOffset? seen) => Process(pod)?.State?.Running?.StartedAt <= seen;

    /// <summary>What the kubelet's readiness probe says; null while it says nothing.</summary>
    public static bool? IsReady(Pod? pod) => Process(pod)?.Ready;

    /// <summary>
    /// True when the cluster has given up the Pod's machine: its node lifecycle controller sets Ready to False then, while ContainersReady stays as the kubelet wrote it last. A container that
    /// is not ready makes both False, and with readiness gates the kubelet itself writes what looks the same.
    /// </summary>
    public static bool IsGivenUp(Pod? pod) =>
        Condition(pod, "Ready") == "False" && Condition(pod, "ContainersReady") == "True" && pod!.Spec?.UnknownFields?.ContainsKey("readinessGates") != true;

    /// <summary>Why the process does not run, as far as the kubelet says so; null while it runs or nothing is said.</summary>
    public static string? WhyStopped(Pod pod) => Process(pod)?.State switch
    {
        { Running: null, Waiting: { } waiting } => waiting.Reason ?? "Waiting",
        { Running: null, Terminated: { } terminated } => terminated.Reason ?? "Terminated",
        _ => null,
    };

    /// <summary>True for a Pod whose process has never run: a node that served did so in a Pod before it.</summary>
    public static bool HasNotBegun(Pod? pod) =>
        pod is { Status: null or { Phase: null or "" or "Pending" } } && Process(pod) is null or { State.Running: null, RestartCount: 0 };

    private static string? Condition(Pod? pod, string type) => pod?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type)?.Status;

    private static ContainerStatus? Process(Pod? pod) => pod?.Status?.ContainerStatuses?.FirstOrDefault(container => container.Name == MeetComponents.MediaNode);

    private static int Restarts(Pod pod) => Process(pod)?.RestartCount ?? 0;
}
