using System.Collections.Concurrent;
using System.Security.Cryptography;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Keeps the relays of a pool, gives them their secrets and peers, and signaling the relays that participants may use.</summary>
internal sealed class TurnPoolController(
    ClusterView cluster, TurnRelays relays, TurnPods pods, TurnSecrets secrets, TurnCertificates certificates, PoolRights namespaces, RelayExposure exposure, MeetEvents events, OperatorOptions options, TimeProvider time) : IReconciler
{
    /// <summary>How often relays are called. Their state is also sent when media nodes change.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How often they are called while one starts: participants may have no other one.</summary>
    private static readonly TimeSpan StartingInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often a rejected pool without relays is checked again.</summary>
    private static readonly TimeSpan RejectedInterval = TimeSpan.FromSeconds(15);
    private const int SecretBytes = 32;
    private readonly TurnPoolRights _rights = new(cluster, namespaces, options);
    private readonly TurnMediaNodes _mediaNodes = new(cluster, namespaces, options);
    private readonly TurnNetworkPolicies _policies = new(cluster, options);
    private readonly PoolDisruptionBudgets _budgets = new(cluster, options);
    private readonly WriteThrottle _throttle = new(time);
    private readonly ConcurrentDictionary<string, TurnScaling> _scaling = new(StringComparer.Ordinal);

    /// <summary>Losses of secrets that the status of their pools, as it was read last, does not have yet.</summary>
    private readonly ConcurrentDictionary<NamespacedName, NodeFailure> _lost = new();

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.TurnPools.Get(key) is not { Metadata.DeletionTimestamp: null } pool)
        {
            _throttle.Forget(key);
            _lost.TryRemove(key, out _);
            return await secrets.RemoveAsync(key, ct).ConfigureAwait(false) is null ? ReconcileResult.Done : ReconcileResult.After(RejectedInterval); // The garbage collector deletes the Pods.
        }

        var rejection = _rights.FindRejection(pool)?.Failure;
        var found = pods.Of(pool);
        if (rejection is not null && found.Count == 0)
        {
            await secrets.RemoveAsync(key, ct).ConfigureAwait(false);
            return await WriteAsync(pool, TurnPoolStatuses.Build(pool, [], null, 0, rejection, time.GetUtcNow(), desired: 0, exposure: exposure.ConditionOf(pool)), RejectedInterval, ct).ConfigureAwait(false);
        }

        await _policies.EnsureAsync(pool, _mediaNodes.FindPorts(key.Namespace), ct).ConfigureAwait(false);
        return await ReconcileRelaysAsync(pool, found, rejection, ct).ConfigureAwait(false);
    }

    private async Task<ReconcileResult> ReconcileRelaysAsync(TurnPool pool, IReadOnlyList<Pod> found, NodeFailure? rejection, CancellationToken ct)
    {
        var (key, now) = (pool.Metadata.NamespacedName, time.GetUtcNow());
        var prepared = await PrepareAsync(pool, rejection, now, ct).ConfigureAwait(false);
        var (record, failure) = (prepared.Record, prepared.Failure);
        if (prepared.IsRecovered && found.Count > 0)
        {
            _lost[key] = SecretLoss.Describe(new NamespacedName(options.Namespace, options.Turn.Secret), record, pool.Spec.Auth);
            events.Warning(pool, MeetConditions.SecretLost, _lost[key].Message);
        }

        var lost = _lost.TryGetValue(key, out var loss) ? loss : null;
        if (lost is not null && SecretLoss.IsReported(pool, lost))
        {
            _lost.TryRemove(key, out _);
            lost = null;
        }

        var peers = _mediaNodes.FindPeers(key.Namespace);
        var certificate = rejection is null ? await certificates.ReadAsync(pool, ct).ConfigureAwait(false) : null;
        var given = certificate?.FindProblem(now) is null ? certificate : null;
        var state = record.Keys.Count == 0 ? null : new TurnState
        {
            Secrets = [.. record.Keys.OrderBy(one => one.Version).Select(one => one.Secret)],
            Peers = peers,
            Certificate = given?.Chain,
            PrivateKey = given?.PrivateKey,
        };
        var observed = await relays.ObserveAsync(pool, found, state, certificate?.Host, ct).ConfigureAwait(false);
        if (prepared.IsStored)
        {
            (record, var notNamed) = await NameAsync(pool, record, observed, rejection, now, ct).ConfigureAwait(false);
            failure ??= notNamed;
        }

        // The relays of a rejected pool are drained. A relay without a secret would be useless.
        var desired = rejection is null ? Desired(pool, observed) : 0;
        var plan = rejection is null && record.Keys.Count == 0 ? TurnPodPlan.Nothing : TurnPodPlan.Decide(desired, observed, TimeSpan.FromSeconds(pool.Spec.Drain.DeadlineSeconds), now);
        var notCreated = await pods.RunAsync(pool, plan, found, ct).ConfigureAwait(false);
        await _budgets.EnsureAsync(pool, ct).ConfigureAwait(false);
        await pods.MarkAsync(found, observed, ct).ConfigureAwait(false);
        return await WriteAsync(pool, TurnPoolStatuses.Build(pool, observed, record, peers.Count, rejection ?? notCreated ?? failure, now, certificate, desired, exposure.ConditionOf(pool), lost), observed.Any(relay => relay.IsStarting) ? StartingInterval : Interval, ct).ConfigureAwait(false);
    }

    private int Desired(TurnPool pool, IReadOnlyList<Relay> observed)
    {
        foreach (var gone in _scaling.Keys.Where(uid => !cluster.TurnPools.List().Any(other => other.Metadata.Uid == uid && other.Spec.Autoscaling is not null)))
        {
            _scaling.TryRemove(gone, out _);
        }

        if (pool.Spec.Autoscaling is not { } spec)
        {
            return pool.Spec.Replicas;
        }

        var (uid, at) = (pool.Metadata.Uid!, time.GetElapsedTime(0));
        var before = _scaling.TryGetValue(uid, out var known) ? known : TurnScaling.Begin(Math.Max(observed.Count(relay => relay is { IsLeaving: false, HasFailed: false }), pool.Status?.DesiredReplicas ?? 0), at);
        return (_scaling[uid] = before.Next(spec, observed, at)).Desired;
    }

    /// <summary>The secrets that relays accept. New ones are stored before any relay has them, so that a later leader never knows less than the relays.</summary>
    private async Task<Prepared> PrepareAsync(TurnPool pool, NodeFailure? rejection, DateTimeOffset now, CancellationToken ct)
    {
        var stored = await secrets.ReadAsync(pool, ct).ConfigureAwait(false);
        var recovered = TurnKeyPlan.Recover(stored, secrets.FindKnown(pool), pool.Status?.KeyVersion ?? 0, now);
        var before = new Prepared(recovered ?? stored, IsStored: recovered is null);
        if (rejection is not null)
        {
            return before;
        }

        var next = TurnKeyPlan.Prepare(before.Record, pool.Spec.Auth, now, CreateSecret) with { IsShared = namespaces.IsShared(pool.Metadata.Namespace) };
        return await secrets.WriteAsync(pool.Metadata.NamespacedName, stored, next, ct).ConfigureAwait(false) is { } failure
            ? before with { Failure = failure }
            : new Prepared(next, IsStored: true) { IsRecovered = recovered is not null };
    }

    /// <summary>Stores the relays that participants may use; none of a rejected pool.</summary>
    private async Task<(TurnRecord Record, NodeFailure? Failure)> NameAsync(
        TurnPool pool, TurnRecord record, IReadOnlyList<Relay> observed, NodeFailure? rejection, DateTimeOffset now, CancellationToken ct)
    {
        if (record.Keys.Count == 0)
        {
            return (record, null);
        }

        var taking = observed.Where(relay => rejection is null && relay.TakesParticipants).ToArray();

        // A relay is named once it has the secrets of the record.
        string[] named = [.. record.Relays.Select(relay => relay.Name)];
        var promoted = rejection is null ? TurnKeyPlan.Promote(record, taking.All(relay => relay.HasAnswered), now) : record;
        var next = promoted with
        {
            IsShared = namespaces.IsShared(pool.Metadata.Namespace),
            Region = pool.Spec.Region,
            CredentialTtlSeconds = pool.Spec.Auth.CredentialTtlSeconds,
            Relays = [.. taking.Where(relay => relay.HasAnswered || named.Contains(relay.Name)).Select(relay => relay.Named)],
        };
        if (await secrets.WriteAsync(pool.Metadata.NamespacedName, record, next, ct).ConfigureAwait(false) is { } failure)
        {
            return (record, failure);
        }

        if (next.KeyVersion != record.KeyVersion)
        {
            events.Normal(pool, "SecretRotated", $"credentials are made with version {next.KeyVersion} of the secret; relays accept the former one for {pool.Spec.Auth.OverlapSeconds} s");
        }

        return (next, null);
    }

    private static string CreateSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)).TrimEnd('=');

    private async Task<ReconcileResult> WriteAsync(TurnPool pool, TurnPoolStatus status, TimeSpan again, CancellationToken ct)
    {
        var key = pool.Metadata.NamespacedName;
        if (pool.Status is { } stored && StatusWriter.AreEqual(stored with { Allocations = 0, Mbps = 0 }, status with { Allocations = 0, Mbps = 0 }) && _throttle.Wait(key) > TimeSpan.Zero)
        {
            return ReconcileResult.After(again);
        }

        if (await StatusWriter.WriteAsync(cluster.Client, pool, pool.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.Stalled(pool, pool.Status?.Conditions, status.Conditions);
            events.RelayProblems(pool, pool.Status?.Conditions, status.Conditions);
            events.ExposureChanged(pool, pool.Status?.Conditions, status.Conditions);
            if (pool is { Spec.Autoscaling: not null, Status: { DesiredReplicas: > 0 } former } && status.DesiredReplicas > 0 && former.DesiredReplicas != status.DesiredReplicas)
            {
                events.Normal(pool, "Scaled", $"the desired number of relays changed from {former.DesiredReplicas} to {status.DesiredReplicas}, for {status.Allocations} allocations and {status.Mbps} Mbit/s");
            }
        }

        return ReconcileResult.After(again);
    }

    /// <summary>The secrets of a pool.</summary>
    /// <param name="Record">What relays get.</param>
    /// <param name="IsStored">Whether it is stored; relays are not named otherwise.</param>
    private sealed record Prepared(TurnRecord Record, bool IsStored)
    {
        /// <summary>Whether it replaces a record that was lost.</summary>
        public bool IsRecovered { get; init; }

        /// <summary>Why the next record could not be stored.</summary>
        public NodeFailure? Failure { get; init; }
    }
}
