using MeetOperator.Kube.Core;

namespace MeetOperator.Operator.Nodes;

/// <summary>Whether a Pod is worth waiting for. Pure.</summary>
internal static class PodReplacement
{
    /// <summary>
    /// A Pod that lived this long is replaced instead of waiting for the kubelet's back-off, which grows to five minutes; one that never lived is left to the
    /// back-off, so that a broken image is not started over and over.
    /// </summary>
    private static readonly TimeSpan Lived = TimeSpan.FromSeconds(20);

    /// <summary>Why the Pod is to be replaced; null when it is not.</summary>
    public static string? Why(Pod pod, DateTimeOffset now)
    {
        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        var waits = pod.Status?.ContainerStatuses?.Any(container => container.State?.Waiting?.Reason == "CrashLoopBackOff") == true;
        return waits && now - pod.Metadata.CreationTimestamp >= Lived ? "the process has died more than once and would wait for its next start" : null;
    }
}
