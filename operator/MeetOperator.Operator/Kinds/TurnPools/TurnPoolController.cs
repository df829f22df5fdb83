using System.Security.Cryptography;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Keeps the relays of a pool, tells them their secrets and peers, and signaling which relays participants may use.</summary>
internal sealed class TurnPoolController(
    ClusterView cluster, TurnRelays relays, TurnPods pods, TurnSecrets secrets, TurnNetworkPolicies policies, PoolRights rights, MeetEvents events, OperatorOptions options, TimeProvider time) : IReconciler
{
    /// <summary>How often relays are called. Their state is also sent when media nodes change.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private const int SecretBytes = 32;
    private readonly WriteThrottle _throttle = new(time);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.TurnPools.Get(key) is not { Metadata.DeletionTimestamp: null } pool)
        {
            _throttle.Forget(key);
            await secrets.WriteAsync(key, null, ct).ConfigureAwait(false);
            return ReconcileResult.Done; // The garbage collector deletes the Pods.
        }

        var now = time.GetUtcNow();
        if (TurnPoolRules.FindRejection(pool, rights.IsShared(key.Namespace), cluster.OwnerOf(key.Namespace), options) is { } rejection)
        {
            await secrets.WriteAsync(key, null, ct).ConfigureAwait(false);
            await pods.RunAsync(pool, new TurnPodPlan(0, [], [.. pods.Of(pool).Select(pod => pod.Metadata.Name!)]), [], ct).ConfigureAwait(false);
            return await WriteAsync(pool, TurnPoolStatuses.Build(pool, [], null, 0, rejection, now), ct).ConfigureAwait(false);
        }

        await policies.EnsureAsync(pool, ct).ConfigureAwait(false);

        // Stored before any relay has it, so that a later leader never knows less than the relays.
        var record = TurnKeyPlan.Prepare(await secrets.ReadAsync(pool, ct).ConfigureAwait(false), pool.Spec.Auth, now, CreateSecret);
        await secrets.WriteAsync(key, record, ct).ConfigureAwait(false);
        var state = new TurnState { Secrets = [.. record.Keys.OrderBy(one => one.Version).Select(one => one.Secret)], Peers = FindPeers(key.Namespace) };
        var found = pods.Of(pool);
        var observed = await relays.ObserveAsync(pool, found, state, ct).ConfigureAwait(false);
        var taking = observed.Where(relay => relay.TakesParticipants).ToArray();
        record = TurnKeyPlan.Promote(record, taking.All(relay => relay.HasAnswered), now) with
        {
            IsShared = rights.IsShared(key.Namespace),
            Region = pool.Spec.Region,
            CredentialTtlSeconds = pool.Spec.Auth.CredentialTtlSeconds,
            Relays = [.. taking.Select(relay => relay.Named)],
        };
        await secrets.WriteAsync(key, record, ct).ConfigureAwait(false);
        await pods.RunAsync(pool, TurnPodPlan.Decide(pool.Spec.Replicas, observed, TimeSpan.FromSeconds(pool.Spec.Drain.DeadlineSeconds), now), found, ct).ConfigureAwait(false);
        return await WriteAsync(pool, TurnPoolStatuses.Build(pool, observed, record, state.Peers.Count, null, now), ct).ConfigureAwait(false);
    }

    private static string CreateSecret() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBytes)).TrimEnd('=');

    /// <summary>The addresses of the media nodes that meetings of the pool's tenant can be on, for a pool of the installation those of all. A node that drains is among them until it is deleted.</summary>
    private IReadOnlyList<string> FindPeers(string? @namespace) => TurnPeers.Select(
        cluster.Nodes.List()
            .Where(node => rights.IsShared(@namespace) || rights.CanCarry(@namespace, node.Metadata.Namespace))
            .SelectMany(node => (node.Status?.Addresses ?? []).Select(address => new TurnPeer(address, IsChosenByTenant(node)))),
        options.Turn.LoopbackPeers);

    private bool IsChosenByTenant(SfuNode node) => !rights.IsShared(node.Metadata.Namespace) && cluster.PoolOf(node)?.Spec.Exposure.AddressSource is null or AddressSource.Static;

    private async Task<ReconcileResult> WriteAsync(TurnPool pool, TurnPoolStatus status, CancellationToken ct)
    {
        var key = pool.Metadata.NamespacedName;
        if (pool.Status is { } stored && StatusWriter.AreEqual(stored with { Allocations = 0 }, status with { Allocations = 0 }) && _throttle.Wait(key) > TimeSpan.Zero)
        {
            return ReconcileResult.After(Interval);
        }

        if (await StatusWriter.WriteAsync(cluster.Client, pool, pool.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.Stalled(pool, pool.Status?.Conditions, status.Conditions);
            if (pool.Status is { KeyVersion: > 0 } before && before.KeyVersion < status.KeyVersion)
            {
                events.Normal(pool, "SecretRotated", $"credentials are made with version {status.KeyVersion} of the secret; relays accept the former one for {pool.Spec.Auth.OverlapSeconds} s");
            }
        }

        return ReconcileResult.After(Interval);
    }
}
