using System.Globalization;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.SfuNodes;

/// <summary>
/// Decides about the eviction of a Pod by the stored objects, which every replica knows. An eviction of a media node that serves starts its drain and is refused until the operator has
/// deleted the empty Pod. It is never allowed because the node looks empty: a meeting may have been placed on it a moment ago. Pure.
/// </summary>
internal static class EvictionRules
{
    /// <summary>Reason of a drain that an eviction has started.</summary>
    public const string Reason = "its Pod is being evicted";

    public static EvictionDecision Decide(SfuNode? node, Pod? pod, SfuPool? pool, DateTimeOffset now)
    {
        if (node is null || pod is null || IsEnded(pod) || IsGone(node, pod))
        {
            return EvictionDecision.Allow;
        }

        return EvictionDecision.Refuse(Describe(node, pool, now), shouldDrain: node.Spec.Drain is null);
    }

    /// <summary>What keeps the Pod, for the person or program that wants to evict it.</summary>
    public static string Describe(SfuNode node, SfuPool? pool, DateTimeOffset now)
    {
        var (meetings, participants) = (node.Status?.Meetings ?? 0, node.Status?.Participants ?? 0);
        var progress = meetings + participants == 0
            ? "it has no meetings and is removed in a moment"
            : meetings > 0 && NodeStateRules.DrainDeadline(node, pool) is { } until && until > now
            ? $"it waits until {DrainTime.Of(until)} for {Count(meetings, "meeting")} with {Count(participants, "participant")} to end, then they move (drain.policy of its pool, or drain.deadlineSeconds of the SfuNode)"
            : $"{Count(meetings, "meeting")} with {Count(participants, "participant")} {(meetings == 1 ? "has" : "have")} to move first";
        var blocked = DrainConditions.Of(node.Status?.Conditions) is { } block ? $"; blocked: {block.Message}" : string.Empty;
        return $"media node {node.Metadata.Name} is being drained: {progress}; retry until its Pod is gone{blocked}";
    }

    private static bool IsEnded(Pod pod) => pod.Metadata.DeletionTimestamp is not null || pod.Status is { Phase: "Succeeded" or "Failed" };

    /// <summary>Whether neither the operator nor the kubelet reaches the media node, so that a drain could not empty it.</summary>
    public static bool IsGone(SfuNode node, Pod pod) =>
        node.Status is { State: SfuNodeState.Unhealthy } && pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready") is not { Status: "True" };

    private static string Count(int number, string noun) => string.Create(CultureInfo.InvariantCulture, $"{number} {noun}{(number == 1 ? string.Empty : "s")}");
}
