using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Kinds.Tenants;

/// <summary>Deletes a tenant once all of its accepted meetings have ended. The deletionPolicy decides whether its namespace is deleted as well.</summary>
internal sealed class TenantDeletion(ClusterView cluster, MediaFleet fleet, MeetEvents events)
{
    private const int MaxNamed = 5;

    /// <summary>Returns what blocks the deletion; null when the tenant can be deleted or no longer exists.</summary>
    public async Task<NodeFailure?> AdvanceAsync(Tenant tenant, CancellationToken ct)
    {
        if (!Finalizers.Has(tenant, MeetFinalizers.AwaitMeetings))
        {
            return null;
        }

        await RemoveOwnerAsync(tenant, ct).ConfigureAwait(false);
        if (FindOpenMeetings(tenant) is { Length: > 0 } open)
        {
            return new NodeFailure(
                "MeetingsLive",
                $"{(open.Length == 1 ? "meeting" : "meetings")} {Names(open)} {(open.Length == 1 ? "has" : "have")} not ended: the tenant is deleted after the last one ends; new meetings are rejected");
        }

        if (tenant.Spec.DeletionPolicy == TenantDeletionPolicy.Delete && NamespaceOf(tenant) is { } owned && IsOwnedBy(owned, tenant))
        {
            if (FindOccupiedNodes(tenant) is { Length: > 0 } occupied)
            {
                return new NodeFailure("ParticipantsConnected", $"participants are still connected to media {(occupied.Length == 1 ? "node" : "nodes")} {Names(occupied)}: the tenant is deleted after they have left");
            }

            if (owned.Metadata.DeletionTimestamp is null)
            {
                events.Normal(tenant, "NamespaceRemoved", $"deleting namespace {tenant.Spec.Namespace}: all accepted meetings have ended, and deletionPolicy is Delete");
                await cluster.Client.TryDeleteAsync<Namespace>(owned.Metadata.NamespacedName, ct, new DeleteOptions { Uid = owned.Metadata.Uid }).ConfigureAwait(false);
            }

            return new NodeFailure("NamespaceTerminating", $"namespace {tenant.Spec.Namespace} is being deleted");
        }

        await Finalizers.RemoveAsync(cluster.Client, tenant, MeetFinalizers.AwaitMeetings, ct).ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// Removes the owner reference that an older version set on a namespace, since the garbage collector would delete the namespace with everything in it. If the role of an
    /// older chart does not allow this, a tenant that stays is left unchanged, and the deletion of a tenant is blocked.
    /// </summary>
    public async Task RemoveOwnerAsync(Tenant tenant, CancellationToken ct)
    {
        if (NamespaceOf(tenant) is not { Metadata.OwnerReferences: { Count: > 0 } owners } owned || owners.All(owner => owner.Uid != tenant.Metadata.Uid))
        {
            return;
        }

        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = owned.Metadata.Uid, ["resourceVersion"] = owned.Metadata.ResourceVersion, ["ownerReferences"] = Without(owners, tenant) },
        };
        try
        {
            await cluster.Client.MergePatchAsync<Namespace>(owned.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
        }
        catch (KubeApiException error) when (error.IsForbidden && tenant.Metadata.DeletionTimestamp is null)
        {
            // The next reconcile retries.
        }
    }

    private Namespace? NamespaceOf(Tenant tenant) => cluster.Namespaces.Get(new NamespacedName(null, tenant.Spec.Namespace));

    private static bool IsOwnedBy(Namespace found, Tenant tenant) =>
        found.Metadata.Labels?.TryGetValue(MeetLabels.Tenant, out var owner) == true && owner == tenant.Metadata.Name;

    /// <summary>Meetings that have not ended, and that were accepted or still have a node although they would no longer be accepted.</summary>
    private string[] FindOpenMeetings(Tenant tenant) =>
    [
        .. cluster.MeetingsIn(tenant.Spec.Namespace)
            .Where(meeting => meeting.Spec.TenantRef.Name == tenant.Metadata.Name
                && meeting.Status is { EndedAt: null } status && (status.Assignments.Count > 0 || Conditions.IsTrue(status.Conditions, MeetConditions.Accepted)))
            .Select(meeting => meeting.Metadata.NamespacedName.ToString()).Order(StringComparer.Ordinal),
    ];

    /// <summary>Media nodes in the namespace that have connected participants, or that have not reported to this leader yet.</summary>
    private string[] FindOccupiedNodes(Tenant tenant) =>
    [
        .. cluster.Nodes.List()
            .Where(node => node.Metadata.Namespace == tenant.Spec.Namespace
                && fleet.View(node.Metadata.NamespacedName) is { IsDead: false, IsForcedDrainDue: false, HasServed: true } view && (view.Report is not { } report || NodeEmptiness.CountSessions(report) > 0))
            .Select(node => node.Metadata.Name!).Order(StringComparer.Ordinal),
    ];

    private static JsonArray Without(IList<OwnerReference> owners, Tenant tenant) =>
        new([.. owners.Where(owner => owner.Uid != tenant.Metadata.Uid).Select(owner => System.Text.Json.JsonSerializer.SerializeToNode(owner, KubeJson.Options))]);

    private static string Names(string[] names) =>
        string.Join(", ", names.Take(MaxNamed)) + (names.Length > MaxNamed ? $" and {names.Length - MaxNamed} more" : string.Empty);
}
