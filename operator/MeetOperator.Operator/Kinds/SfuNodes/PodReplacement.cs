using MeetOperator.Kube.Core;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Decides whether a Pod must be replaced. Pure.</summary>
internal static class PodReplacement
{
    /// <summary>
    /// A Pod that is at least this old is replaced instead of waiting for the kubelet's back-off, which grows to five minutes. A younger Pod is left to the back-off, so
    /// that a broken image is not started over and over.
    /// </summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(20);

    /// <summary>How long participants on working loops may take to follow their meetings to another node.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(15);

    /// <summary>True while participants on working loops are still moving to their meeting's new node.</summary>
    private static bool AreLeaving(NodeView view) => view is { Decision.Reason: ForwardingWatch.LoopStuck, Report: { } report }
        && view.WithoutMeetingsFor < LeaveTimeout
        && report.LoopReports.Any(loop => loop.ConnectedSessions > 0 && !ForwardingWatch.IsStuck(loop));

    /// <summary>
    /// Whether no participant can be connected. The operator's own certificate may be the rejected one, so a node that responds may still have participants
    /// that no report counts.
    /// </summary>
    private static bool IsUnused(NodeView view) => view.IsDead || !view.HasServed || (view.Report is { } report && NodeEmptiness.CountSessions(report) == 0);

    /// <summary>The reason why the Pod must be replaced, or null.</summary>
    /// <param name="pod">The current Pod.</param>
    /// <param name="view">The node's state in the fleet; null while it is unknown.</param>
    /// <param name="now">The current time.</param>
    public static string? FindReason(Pod pod, NodeView? view, DateTimeOffset now)
    {
        if (view is { Decision.Reason: ForwardingWatch.NotForwarding or ForwardingWatch.LoopStuck, Meetings: 0 } && !AreLeaving(view) && now - pod.Metadata.CreationTimestamp >= MinAge)
        {
            return $"the node responds but does not forward media ({view.Decision.Message})";
        }

        if (view is { Decision.Reason: NodeStateRules.Untrusted, Meetings: 0 } && IsUnused(view) && now - pod.Metadata.CreationTimestamp >= NodeStateRules.UntrustedPodAge(view.UntrustedPods))
        {
            return $"its credentials are no longer valid ({view.Decision.Message})";
        }

        if (pod.Status?.Phase is "Failed" or "Succeeded")
        {
            return $"the Pod has ended ({pod.Status.Reason ?? pod.Status.Phase})";
        }

        return PodRuns.FindStopReason(pod) == "CrashLoopBackOff" && now - pod.Metadata.CreationTimestamp >= MinAge ? "the process has crashed repeatedly and its restart is delayed by back-off" : null;
    }
}
