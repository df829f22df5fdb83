using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Decides whether a Pod must be replaced. Pure.</summary>
internal static class PodReplacement
{
    /// <summary>
    /// A Pod that is at least this old is replaced instead of waiting for the kubelet's back-off, which grows to five minutes. A younger Pod is left to the back-off, so
    /// that a broken image is not started over and over.
    /// </summary>
    private static readonly TimeSpan Lived = TimeSpan.FromSeconds(20);

    /// <summary>How long participants on working loops may take to follow their meetings to another node.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(15);

    /// <summary>True while participants on working loops are still moving to their meeting's new node.</summary>
    private static bool AreLeaving(NodeView view) => view is { Verdict.Reason: ForwardingWatch.LoopStuck, Report: { } report }
        && view.WithoutMeetingsFor < OnTheWay
        && report.LoopReports.Any(loop => loop.ConnectedSessions > 0 && !ForwardingWatch.IsStuck(loop));

    /// <summary>Whether no participant can be connected. The operator's own certificate may be the rejected one, so a node that responds may still have participants that no report counts.</summary>
    private static bool IsDeserted(NodeView view) => view.IsDead || !view.Served || (view.Report is { } report && NodeEmptiness.Sessions(report) == 0);

    /// <summary>The reason why the Pod must be replaced, or null.</summary>
    /// <param name="pod">The current Pod.</param>
    /// <param name="view">The node's state in the fleet; null while it is unknown.</param>
    /// <param name="now">The current time.</param>
    public static string? Why(Pod pod, NodeView? view, DateTimeOffset now)
    {
        if (view is { Verdict.Reason: ForwardingWatch.NotForwarding or ForwardingWatch.LoopStuck, Meetings: 0 } && !AreLeaving(view) && now - pod.Metadata.CreationTimestamp >= Lived)
        {
            return $"the node responds but does not forward media ({view.Verdict.Message})";
        }

        if (view is { Verdict.Reason: NodeStateRules.Untrusted, Meetings: 0 } && IsDeserted(view) && now - pod.Metadata.CreationTimestamp >= NodeStateRules.UntrustedPodAge(view.UntrustedPods))
        {
            return $"its credentials are no longer valid ({view.Verdict.Message})";
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        return PodRuns.WhyStopped(pod) == "CrashLoopBackOff" && now - pod.Metadata.CreationTimestamp >= Lived ? "the process has crashed repeatedly and its restart is delayed by back-off" : null;
    }
}
