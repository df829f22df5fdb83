using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Nodes;

/// <summary>Makes an SfuNode's status from what the fleet knows. Pure.</summary>
internal static class NodeStatuses
{
    public static SfuNodeStatus Build(SfuNode node, Pod? pod, NodeView view, IReadOnlyList<string> addresses, string? problem, DateTimeOffset now)
    {
        var verdict = view.Verdict;
        var takes = verdict.TakesMeetings && !node.Spec.Unschedulable;
        var message = problem ?? verdict.Message;
        var condition = new Condition
        {
            Type = MeetConditions.Ready,
            Status = takes ? ConditionStatus.True : ConditionStatus.False,
            Reason = problem is null ? verdict.Reason : "NeedsAttention",
            Message = message,
            ObservedGeneration = node.Metadata.Generation,
        };
        return new SfuNodeStatus
        {
            ObservedGeneration = node.Metadata.Generation,
            State = verdict.State,
            Addresses = addresses,
            ControlUrl = view.Target?.Address.ToString(),
            NodeName = pod?.Spec.NodeName,
            InstanceId = view.Report?.InstanceId,
            Version = view.Report?.Version,
            Meetings = view.Meetings,
            Participants = view.Report?.Participants ?? 0,
            StressPct = (int)Math.Round((view.Report?.Stress ?? 0) * 100),
            EgressMbps = (int)((view.Report?.EgressKbps ?? 0) / 1000),
            LastSeen = view.LastSeen is { } seen ? DateTimeOffset.FromUnixTimeSeconds(seen.ToUnixTimeSeconds()) : null,
            Message = message,
            Conditions = [.. Conditions.Set(node.Status?.Conditions, condition, now)],
        };
    }

    /// <summary>What is worth a write at once; the rest is coalesced.</summary>
    public static SfuNodeStatus WithoutFigures(SfuNodeStatus status) => status with
    {
        Meetings = 0,
        Participants = 0,
        StressPct = 0,
        EgressMbps = 0,
        LastSeen = null,
    };

    /// <summary>True when a write would only carry a newer lastSeen.</summary>
    public static bool SameFigures(SfuNodeStatus left, SfuNodeStatus right) =>
        (left.Meetings, left.Participants, left.StressPct, left.EgressMbps) == (right.Meetings, right.Participants, right.StressPct, right.EgressMbps);
}
