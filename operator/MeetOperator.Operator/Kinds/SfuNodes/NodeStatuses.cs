using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>Builds the status of an SfuNode from the state of the fleet. Pure.</summary>
internal static class NodeStatuses
{
    public static SfuNodeStatus Build(SfuNode node, Pod? pod, NodeView view, IReadOnlyList<string> addresses, DateTimeOffset now, NodeFailure? drainBlocked = null, NodeFailure? overload = null)
    {
        var decision = view.Decision;
        var takes = decision.CanTakeMeetings && !decision.IsCordoned && !node.Spec.Unschedulable;
        var condition = new Condition
        {
            Type = MeetConditions.Ready,
            Status = takes ? ConditionStatus.True : ConditionStatus.False,
            Reason = decision.Reason,
            Message = decision.Message,
            ObservedGeneration = node.Metadata.Generation,
        };
        var before = node.Status?.Conditions;
        var conditions = decision.IsStalled ? ProgressConditions.Stalled(before, decision.Reason, decision.Message, node.Metadata.Generation, now)
            : decision.CanTakeMeetings ? ProgressConditions.Reached(before)
            : ProgressConditions.Reconciling(before, decision.Reason, decision.Message, node.Metadata.Generation, now);
        conditions = DrainConditions.Set(conditions, drainBlocked, node.Metadata.Generation, now);
        conditions = ProblemConditions.Set(conditions, MeetConditions.Overloaded, overload, node.Metadata.Generation, now);
        return new SfuNodeStatus
        {
            ObservedGeneration = node.Metadata.Generation,
            State = decision.State,
            Addresses = addresses,
            ControlUrl = view.Target?.Address.ToString(),
            NodeName = pod?.Spec.NodeName,
            Zone = view.Zone,
            InstanceId = view.Report?.InstanceId,
            Version = view.Report?.Version,
            Meetings = view.Meetings,
            Participants = view.Report?.Participants ?? 0,
            StressPct = (int)Math.Round(view.Stress * 100),
            EgressMbps = (int)((view.Report?.EgressKbps ?? 0) / 1000),
            LastSeen = view.LastSeen is { } seen ? DateTimeOffset.FromUnixTimeSeconds(seen.ToUnixTimeSeconds()) : node.Status?.LastSeen, // Keep the time that an earlier operator recorded.
            DrainRequestedAt = NodeStateRules.IsDraining(node) ? NodeStateRules.DrainSince(node) ?? DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()) : null,
            Message = (drainBlocked ?? overload)?.Message ?? decision.Message,
            Conditions = [.. Conditions.Set(conditions, condition, now)],
        };
    }

    /// <summary>Removes the fields whose changes are coalesced; a change of any other field is written at once.</summary>
    public static SfuNodeStatus WithoutFigures(SfuNodeStatus status) => status with
    {
        Meetings = 0,
        Participants = 0,
        StressPct = 0,
        EgressMbps = 0,
        LastSeen = null,
    };

    /// <summary>True when only lastSeen or minor load figures have changed, which is not worth a write.</summary>
    public static bool HasSameFigures(SfuNodeStatus left, SfuNodeStatus right) =>
        (left.Meetings, left.Participants) == (right.Meetings, right.Participants)
        && Math.Abs(left.StressPct - right.StressPct) < 5
        && Math.Abs(left.EgressMbps - right.EgressMbps) <= Math.Max(left.EgressMbps, right.EgressMbps) / 10;
}
