using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Tenants.ApiKeys;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Resources;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Creates the namespace of each tenant, rejects namespaces that others own, and writes the tenant's usage.</summary>
internal sealed class TenantController(
    ClusterView cluster, MediaFleet fleet, QuotaLedger ledger, RelayLedger relays, ApiKeyStates apiKeys, MeetEvents events, OperatorOptions options, TimeProvider time) : IReconciler
{
    private readonly TenantDeletion _deletion = new(cluster, fleet, events);
    private readonly WriteThrottle _throttle = new(time);

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.Tenants.Get(key) is not { } tenant)
        {
            _throttle.Forget(key);
            return ReconcileResult.Done;
        }

        if (tenant.Metadata.DeletionTimestamp is not null)
        {
            return await ReconcileDeletionAsync(tenant, ct).ConfigureAwait(false);
        }

        tenant = await UserObjectFinalizers.EnsureAsync(cluster.Client, tenant, MeetFinalizers.AwaitMeetings, ct).ConfigureAwait(false);
        await _deletion.RemoveOwnerAsync(tenant, ct).ConfigureAwait(false);
        if (await ClaimAsync(tenant, ct).ConfigureAwait(false) is not { } claim)
        {
            return ReconcileResult.Done;
        }

        if (!claim.IsOwned && !HasSameReason(tenant, claim))
        {
            events.Warning(tenant, claim.Reason, claim.Message);
        }

        return await WriteAsync(tenant, claim, ct).ConfigureAwait(false);
    }

    private async Task<ReconcileResult> ReconcileDeletionAsync(Tenant tenant, CancellationToken ct)
    {
        if (await _deletion.AdvanceAsync(tenant, ct).ConfigureAwait(false) is not { } held)
        {
            return ReconcileResult.Done;
        }

        var claim = NamespaceOwnership.Evaluate(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), options.Namespace);
        return await WriteAsync(tenant, claim, ct, held).ConfigureAwait(false);
    }

    /// <returns>Null when the namespace was created concurrently. The resulting informer event triggers another reconcile.</returns>
    private async Task<NamespaceOwnership?> ClaimAsync(Tenant tenant, CancellationToken ct)
    {
        var claim = NamespaceOwnership.Evaluate(tenant, cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace)), [options.Namespace, .. options.Pools.Namespaces]);
        if (!claim.MustCreate)
        {
            return claim;
        }

        try
        {
            await cluster.Client.CreateAsync(TenantNamespace.Build(tenant), ct).ConfigureAwait(false);
            events.Normal(tenant, "NamespaceMade", $"created namespace {tenant.Spec.Namespace}");
            return claim;
        }
        catch (KubeApiException taken) when (taken.IsAlreadyExists)
        {
            return null;
        }
    }

    private async Task<ReconcileResult> WriteAsync(Tenant tenant, NamespaceOwnership claim, CancellationToken ct, NodeFailure? held = null)
    {
        var key = tenant.Metadata.NamespacedName;
        var ofRelays = relays.Of(key.Name);
        var usage = new TenantUsage
        {
            ConcurrentMeetings = ledger.OpenMeetings(key.Name),
            Participants = claim.IsOwned ? cluster.MeetingsIn(tenant.Spec.Namespace).Sum(meeting => meeting.Status?.Participants ?? 0) : 0,
            TurnAllocations = ofRelays?.Allocations ?? tenant.Status?.Usage.TurnAllocations ?? 0,
            TurnMbps = ofRelays?.Mbps ?? tenant.Status?.Usage.TurnMbps ?? 0,
        };
        var status = TenantStatuses.Build(tenant, claim, usage, apiKeys, time.GetUtcNow(), held);
        var onlyFigures = tenant.Status is { } stored && StatusWriter.AreEqual(stored with { Usage = new() }, status with { Usage = new() });
        if (onlyFigures && _throttle.Wait(key) is { Ticks: > 0 } wait)
        {
            return ReconcileResult.After(wait);
        }

        if (await StatusWriter.WriteAsync(cluster.Client, tenant, tenant.Status, status, ct).ConfigureAwait(false) is not null)
        {
            _throttle.RecordWrite(key);
            events.RelayQuotaReached(tenant, tenant.Status?.Conditions, status.Conditions);
        }

        return ReconcileResult.After(WriteThrottle.Interval);
    }

    private static bool HasSameReason(Tenant tenant, NamespaceOwnership claim) => Conditions.Get(tenant.Status?.Conditions, MeetConditions.Ready)?.Reason == claim.Reason;
}
