using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Fleet;

/// <summary>Tells runs of a media node's process apart. Pure.</summary>
internal static class PodRuns
{
    /// <summary>True when <paramref name="now"/> is another process than <paramref name="before"/>: another Pod, or a container that was restarted.</summary>
    public static bool IsAnother(Pod? before, Pod? now) =>
        before is not null && now is not null && (before.Metadata.Uid != now.Metadata.Uid || Restarts(now) > Restarts(before));

    private static int Restarts(Pod pod) => pod.Status?.ContainerStatuses?.Sum(container => container.RestartCount) ?? 0;
}
