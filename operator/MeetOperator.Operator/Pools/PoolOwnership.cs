using System.Text.Json.Nodes;
using System.Text.Json;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Pools;

/// <summary>
/// Whom pools and their nodes belong to. A node that names a pool belongs to it wholly: one that was left without an owner, or whose owner was another pool of the
/// same name, is taken over. A pool whose namespace belongs to a tenant that does not exist carries nothing.
/// </summary>
internal sealed class PoolOwnership(ClusterView cluster, MeetEvents events)
{
    public static bool IsOwned(SfuNode node, SfuPool pool) => node.Metadata.OwnerReferences?.Any(owner => owner.Uid == pool.Metadata.Uid) == true;

    /// <summary>Gives nodes without a living owner to the pool that they name; else the garbage collector would take them away while the pool counts on them.</summary>
    public async Task AdoptAsync(SfuPool pool, CancellationToken ct)
    {
        foreach (var node in cluster.NodesOf(pool).Where(node => node.Metadata.DeletionTimestamp is null && !IsOwned(node, pool)))
        {
            var patch = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["uid"] = node.Metadata.Uid,
                    ["resourceVersion"] = node.Metadata.ResourceVersion,
                    ["ownerReferences"] = new JsonArray(JsonSerializer.SerializeToNode(Owner.Of(pool), KubeJson.Options)),
                },
            };
            await cluster.Client.MergePatchAsync<SfuNode>(node.Metadata.NamespacedName, patch, ct).ConfigureAwait(false);
            events.Normal(pool, "NodeAdopted", $"{node.Metadata.Name} names this pool and had no owner: it belongs to it now");
        }
    }

    /// <summary>Why the pool carries nothing; null when it may. The informer of tenants may be behind: the API server decides.</summary>
    public async Task<NodeProblem?> WhyLeftAsync(SfuPool pool, CancellationToken ct)
    {
        if (cluster.OwnerOf(pool.Metadata.Namespace) is not { } tenant
            || cluster.Tenants.Get(new NamespacedName(null, tenant)) is not null
            || (await cluster.Client.ListAsync<Tenant>(null, new ListOptions { FieldSelector = $"metadata.name={tenant}" }, ct).ConfigureAwait(false)).Items.Count > 0)
        {
            return null;
        }

        return new NodeProblem(
            "TenantMissing",
            $"namespace {pool.Metadata.Namespace} belongs to tenant {tenant}, which does not exist, so the pool has no media nodes: create the Tenant, delete the pool, or take the label {MeetLabels.Tenant} off the namespace");
    }
}
