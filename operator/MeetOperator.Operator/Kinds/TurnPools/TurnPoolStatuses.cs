using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Builds the status of a pool from its relays. Pure.</summary>
internal static class TurnPoolStatuses
{
    private const int MaxMessage = 2048;
    private const int MaxEndpoints = 32;

    /// <param name="pool">The pool.</param>
    /// <param name="relays">Its relays.</param>
    /// <param name="record">What signaling gets; null when the pool must have no relays.</param>
    /// <param name="peers">Number of addresses to which relays forward.</param>
    /// <param name="failure">Why relays are missing, or null.</param>
    /// <param name="now">The current time.</param>
    public static TurnPoolStatus Build(TurnPool pool, IReadOnlyList<Relay> relays, TurnRecord? record, int peers, NodeFailure? failure, DateTimeOffset now)
    {
        var counted = relays.Where(relay => relay is { IsLeaving: false, HasFailed: false }).ToArray();
        var taking = relays.Where(relay => relay.TakesParticipants).ToArray();
        var wanted = pool.Spec.Replicas;
        var isReady = failure is null && taking.Length >= wanted;
        var count = $"{taking.Length} of {wanted} relays take participants";
        var waiting = counted.FirstOrDefault(relay => !relay.TakesParticipants);
        var message = failure?.Message ?? (waiting is null || isReady ? count : $"{count}; {waiting.Name}: {waiting.Problem ?? "its address is not known yet"}");
        message = message.Length <= MaxMessage ? message : message[..MaxMessage];
        var reason = failure?.Reason ?? (isReady ? "AllReady" : "RelaysNotReady");
        var generation = pool.Metadata.Generation;
        var before = pool.Status?.Conditions;
        var settled = isReady && relays.All(relay => relay is { IsLeaving: false, IsCurrent: true });
        var conditions = failure?.RequiresIntervention == true ? ProgressConditions.Stalled(before, reason, message, generation, now)
            : settled ? ProgressConditions.Reached(before)
            : ProgressConditions.Reconciling(before, isReady ? "RelaysReplaced" : reason, isReady ? "relays are being replaced or drained" : message, generation, now);
        var ready = new Condition { Type = MeetConditions.Ready, Status = isReady ? ConditionStatus.True : ConditionStatus.False, Reason = reason, Message = message, ObservedGeneration = generation };
        return new TurnPoolStatus
        {
            ObservedGeneration = generation,
            Replicas = counted.Length,
            ReadyReplicas = taking.Length,
            DrainingReplicas = relays.Count(relay => relay.IsLeaving),
            Selector = TurnPod.PoolSelector(pool.Metadata.Name!),
            Allocations = relays.Sum(relay => relay.Allocations),
            Peers = peers,
            KeyVersion = record?.KeyVersion ?? 0,
            NextRotation = record is null ? null : TurnKeyPlan.NextRotation(record, pool.Spec.Auth),
            Endpoints = [.. taking.SelectMany(relay => relay.Urls).Take(MaxEndpoints)],
            Message = message,
            Conditions = [.. Conditions.Set(conditions, ready, now)],
        };
    }
}
