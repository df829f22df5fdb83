using System.Globalization;
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

    /// <summary>Clocks that differ by more change noticeably when credentials end.</summary>
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(30);

    /// <param name="pool">The pool.</param>
    /// <param name="relays">Its relays.</param>
    /// <param name="record">What signaling gets; null when the pool must have no relays.</param>
    /// <param name="peers">Number of addresses to which relays forward.</param>
    /// <param name="failure">Why relays are missing, or null. The relays' own failures need not be among it.</param>
    /// <param name="now">The current time.</param>
    /// <param name="certificate">The certificate for TLS; null without TLS.</param>
    /// <param name="desired">The number of relays that the pool should have; null for spec.replicas.</param>
    /// <param name="exposure">The condition ExposureReady; null leaves it as it is.</param>
    /// <param name="lost">That the stored secrets were lost just now; null otherwise.</param>
    public static TurnPoolStatus Build(
        TurnPool pool, IReadOnlyList<Relay> relays, TurnRecord? record, int peers, NodeFailure? failure, DateTimeOffset now, TurnCertificate? certificate = null, int? desired = null, Condition? exposure = null, NodeFailure? lost = null)
    {
        var counted = relays.Where(relay => relay is { IsLeaving: false, HasFailed: false }).ToArray();
        var taking = relays.Where(relay => relay.TakesParticipants).ToArray();
        var wanted = desired ?? pool.Spec.Replicas;
        var waiting = counted.FirstOrDefault(relay => !relay.TakesParticipants);
        if (taking.Length < wanted && !relays.Any(relay => relay.IsLeaving))
        {
            failure ??= FindFailure(counted); // While a relay leaves, the next one waits for its port.
        }

        var isReady = failure is null && taking.Length >= wanted;
        var count = $"{taking.Length} of {wanted} relays take participants";
        var message = failure is { } failed ? WithDraining(failed.Message, relays) : waiting is null || isReady ? count : $"{count}; {waiting.Name}: {waiting.Problem ?? "its address is not known yet"}";
        message = Printable(message);
        var reason = failure?.Reason ?? (isReady ? "AllReady" : "RelaysNotReady");
        var generation = pool.Metadata.Generation;
        var before = pool.Status?.Conditions;
        var settled = isReady && relays.All(relay => relay is { IsLeaving: false, IsCurrent: true });
        var conditions = failure?.RequiresIntervention == true ? ProgressConditions.Stalled(before, reason, message, generation, now)
            : settled ? ProgressConditions.Reached(before)
            : ProgressConditions.Reconciling(before, isReady ? "RelaysReplaced" : reason, isReady ? "relays are being replaced or drained" : message, generation, now);
        var (skew, full) = (FindSkew(counted), FindFull(pool, taking));
        conditions = ProblemConditions.Set(conditions, MeetConditions.ClockSkewed, skew, generation, now);
        conditions = ProblemConditions.Set(conditions, MeetConditions.RelaysFull, full, generation, now);
        var (unusable, expiring) = (Printable(certificate?.FindProblem(now) ?? FindRefusal(certificate, counted)), certificate?.FindExpiry(now));
        conditions = ProblemConditions.Set(conditions, MeetConditions.CertificateUnusable, unusable, generation, now);
        conditions = ProblemConditions.Set(conditions, MeetConditions.CertificateExpiring, expiring, generation, now);
        var earlier = SecretLoss.FindEarlier(pool, now);
        conditions = SecretLoss.Set(conditions, lost, earlier, generation, now);
        conditions = exposure is null ? conditions : Conditions.Set(conditions, exposure, now);
        var ready = new Condition { Type = MeetConditions.Ready, Status = isReady ? ConditionStatus.True : ConditionStatus.False, Reason = reason, Message = message, ObservedGeneration = generation };
        return new TurnPoolStatus
        {
            ObservedGeneration = generation,
            DesiredReplicas = wanted,
            Replicas = counted.Length,
            ReadyReplicas = taking.Length,
            DrainingReplicas = relays.Count(relay => relay.IsLeaving),
            Selector = TurnPod.PoolSelector(pool.Metadata.Name!),
            Allocations = (int)Math.Min(int.MaxValue, relays.Sum(relay => (long)relay.Allocations)),
            Mbps = (int)Math.Min(int.MaxValue, Math.Round(relays.Sum(relay => relay.Mbps))),
            Peers = peers,
            KeyVersion = record?.KeyVersion ?? 0,
            NextRotation = record is null ? null : TurnKeyPlan.NextRotation(record, pool.Spec.Auth),
            Endpoints = [.. taking.SelectMany(relay => relay.Urls).Distinct(StringComparer.Ordinal).Take(MaxEndpoints)],
            Message = isReady && (unusable ?? expiring ?? skew ?? full ?? lost ?? earlier) is { } problem ? problem.Message : message,
            Conditions = [.. Conditions.Set(conditions, ready, now)],
        };
    }

    private static NodeFailure? Printable(NodeFailure? problem) => problem is null ? null : problem with { Message = Printable(problem.Message) };

    /// <summary>Without control characters, and as long as the API allows: some texts come from relays.</summary>
    private static string Printable(string message) => string.Concat(message.Take(MaxMessage).Select(one => char.IsControl(one) ? ' ' : one));

    private static NodeFailure? FindFailure(IEnumerable<Relay> counted) =>
        counted.FirstOrDefault(relay => !relay.TakesParticipants && relay.Failure is not null) is { Failure: { } failure } relay ? failure with { Message = $"{relay.Name}: {failure.Message}" } : null;

    private static NodeFailure? FindRefusal(TurnCertificate? certificate, IEnumerable<Relay> counted) =>
        certificate is not null && counted.FirstOrDefault(relay => relay.CertificateRefusal is not null) is { } relay
            ? new NodeFailure("Refused", $"relay {relay.Name} refuses the certificate of Secret {certificate.Place} ({relay.CertificateRefusal}), and goes on with the one that it has: replace the Secret, or synchronize the clocks of the cluster nodes")
            : null;

    private static string WithDraining(string message, IReadOnlyList<Relay> relays) =>
        relays.Count(relay => relay.IsLeaving) is > 0 and var leaving ? string.Create(CultureInfo.InvariantCulture, $"{message}; {leaving} of its relays {(leaving == 1 ? "is" : "are")} being drained") : message;

    /// <summary>Names the relay whose clock differs most. The difference is rounded, so that the message does not change all the time.</summary>
    private static NodeFailure? FindSkew(IEnumerable<Relay> counted) =>
        counted.Where(relay => relay.ClockAhead is { } ahead && ahead.Duration() > MaxSkew).MaxBy(relay => relay.ClockAhead!.Value.Duration()) is { ClockAhead: { } most } worst
            ? new NodeFailure("ClockSkewed", string.Create(
                CultureInfo.InvariantCulture,
                $"the clock of relay {worst.Name} is about {Math.Round(most.Duration().TotalSeconds / 10) * 10} s {(most > TimeSpan.Zero ? "ahead of" : "behind")} that of the operator, so credentials end too {(most > TimeSpan.Zero ? "early" : "late")} there: synchronize the clocks of the cluster nodes (NTP)"))
            : null;

    private static NodeFailure? FindFull(TurnPool pool, Relay[] taking) =>
        taking.Count(relay => relay.IsFull) is > 0 and var full
            ? new NodeFailure("AllocationsExhausted", string.Create(
                CultureInfo.InvariantCulture,
                $"{full} of {taking.Length} relays {(full == 1 ? "has" : "have")} all {pool.Spec.Limits.AllocationsPerRelay} allocations of limits.allocationsPerRelay, or all ports of relayPorts, and {(full == 1 ? "refuses" : "refuse")} participants: raise {RelayFailures.CountField(pool)} or these limits"))
            : null;
}
