using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Whether a Pod is worth waiting for. Pure.</summary>
internal static class PodReplacement
{
    /// <summary>
    /// A Pod that lived this long is replaced instead of waiting for the kubelet's back-off, which grows to five minutes; one that never lived is left to the
    /// back-off, so that a broken image is not started over and over.
    /// </summary>
    private static readonly TimeSpan Lived = TimeSpan.FromSeconds(20);

    /// <summary>How long to wait for people on working loops once their meetings have another node.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(15);

    /// <summary>True while people on working loops have not all left for their meeting's new node.</summary>
    private static bool AreLeaving(NodeView view) => view is { Verdict.Reason: ForwardingWatch.LoopStuck, Report: { } report }
        && view.WithoutMeetingsFor < OnTheWay
        && report.LoopReports.Any(loop => loop.ConnectedSessions > 0 && !ForwardingWatch.IsStuck(loop));

    /// <summary>It may be the operator's own certificate that does not fit: then people whom nobody counts any more may still be there.</summary>
    private static bool IsDeserted(NodeView view) => view.IsDead || !view.Served || (view.Report is { } report && NodeEmptiness.Sessions(report) == 0);

    /// <summary>Why the Pod is to be replaced; null when it is not.</summary>
    /// <param name="pod">The Pod as it is.</param>
    /// <param name="view">What the fleet knows of the node; null when nothing yet.</param>
    /// <param name="now">The present time.</param>
    public static string? Why(Pod pod, NodeView? view, DateTimeOffset now)
    {
        if (view is { Verdict.Reason: ForwardingWatch.NotForwarding or ForwardingWatch.LoopStuck, Meetings: 0 } && !AreLeaving(view) && now - pod.Metadata.CreationTimestamp >= Lived)
        {
            return $"it answers and does not forward ({view.Verdict.Message})";
        }

        if (view is { Verdict.Reason: NodeStateRules.Untrusted, Meetings: 0 } && IsDeserted(view) && now - pod.Metadata.CreationTimestamp >= NodeStateRules.UntrustedPodAge(view.UntrustedPods))
        {
            return $"its credentials are of no use any more ({view.Verdict.Message})";
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        return PodRuns.WhyStopped(pod) == "CrashLoopBackOff" && now - pod.Metadata.CreationTimestamp >= Lived ? "the process has died more than once and would wait for its next start" : null;
    }
}
