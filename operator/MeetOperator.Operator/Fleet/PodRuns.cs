using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>Tells runs of a media node's process apart. Pure.</summary>
internal static class PodRuns
{
    /// <summary>True when <paramref name="now"/> is another process than <paramref name="before"/>: another Pod, or a container that was restarted.</summary>
    public static bool IsAnother(Pod? before, Pod? now) =>
        before is not null && now is not null && (before.Metadata.Uid != now.Metadata.Uid || Restarts(now) > Restarts(before));

    /// <summary>True when the process runs only since a moment after <paramref name="seen"/>; both are wall clocks, of different machines.</summary>
    public static bool HasStartedAfter(Pod? pod, DateTimeOffset? seen) =>
        seen is not null && pod?.Status?.ContainerStatuses?.Any(container => container.State?.Running?.StartedAt > seen) == true;

    /// <summary>True when the present process ran already when it was <paramref name="seen"/>.</summary>
    public static bool HasRunSince(Pod? pod, DateTimeOffset? seen) =>
        seen is not null && pod?.Status?.ContainerStatuses?.Any(container => container.State?.Running?.StartedAt <= seen) == true;

    /// <summary>What the kubelet's readiness probe says; null while it says nothing.</summary>
    public static bool? IsReady(Pod? pod) =>
        pod?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status switch { "True" => true, "False" => false, _ => null };

    private static int Restarts(Pod pod) => pod.Status?.ContainerStatuses?.Sum(container => container.RestartCount) ?? 0;
}
