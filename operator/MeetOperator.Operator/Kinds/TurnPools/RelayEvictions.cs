using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Kinds.SfuNodes;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Decides about the eviction of a relay: it is drained first, and deleted by the operator when no participant uses it. Pure.</summary>
internal static class RelayEvictions
{
    public static EvictionDecision Decide(Pod? relay, TurnPool? pool)
    {
        if (relay is null || relay.Metadata.DeletionTimestamp is not null || relay.Status?.Phase != "Running" || IsLost(relay))
        {
            return EvictionDecision.Allow;
        }

        var isDraining = relay.Metadata.Annotations?.ContainsKey(MeetAnnotations.DrainSince) == true;
        var deadline = pool?.Spec.Drain.DeadlineSeconds ?? 0;
        return EvictionDecision.Refuse(
            string.Create(CultureInfo.InvariantCulture, $"relay {relay.Metadata.Name} is being drained: it is deleted when it has no allocation, at the latest after {deadline} s (drain.deadlineSeconds of its TurnPool); retry until its Pod is gone"),
            shouldDrain: !isDraining);
    }

    /// <summary>The patch that starts the drain of a relay.</summary>
    public static JsonObject DrainPatch(Pod relay, DateTimeOffset now) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["uid"] = relay.Metadata.Uid,
            ["annotations"] = new JsonObject { [MeetAnnotations.DrainSince] = now.ToString("O", CultureInfo.InvariantCulture) },
        },
    };

    /// <summary>Whether the kubelet reports nothing any more, so that a drain could not be observed.</summary>
    private static bool IsLost(Pod relay) => relay.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready") is { Status: "Unknown" };
}
