using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Events;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Resources;

namespace MeetOperator.Operator.Kinds.SfuPools;

/// <summary>
/// Ownership of pools and their nodes. A node that references a pool belongs to it: one without an owner, or with an earlier pool of the same name as its owner, is
/// adopted. A pool has no nodes if its namespace belongs to a tenant that does not exist.
/// </summary>
internal sealed class PoolOwnership(ClusterView cluster, MeetEvents events)
{
    /// <summary>
    /// Makes the referenced pool the owner of nodes without an existing owner. Otherwise the garbage collector would delete them while the pool counts on them.
    /// </summary>
    public async Task AdoptAsync(SfuPool pool, CancellationToken ct)
    {
        foreach (var node in cluster.NodesOf(pool).Where(node => node.Metadata.DeletionTimestamp is null && !Owner.IsOwned(node, pool)))
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
            events.Normal(pool, "NodeAdopted", $"{node.Metadata.Name} references this pool and had no owner: it now belongs to this pool");
        }
    }

    /// <summary>The reason why the pool must have no nodes, or null. Asks the API server, because the informer of tenants may lag.</summary>
    public async Task<NodeFailure?> FindMissingTenantAsync(SfuPool pool, CancellationToken ct)
    {
        if (cluster.OwnerOf(pool.Metadata.Namespace) is not { } tenant
            || cluster.Tenants.Get(new NamespacedName(null, tenant)) is not null
            || (await cluster.Client.ListAsync<Tenant>(null, new ListOptions { FieldSelector = $"metadata.name={tenant}" }, ct).ConfigureAwait(false)).Items.Count > 0)
        {
            return null;
        }

        return new NodeFailure(
            "TenantMissing",
            $"namespace {pool.Metadata.Namespace} belongs to tenant {tenant}, which does not exist, so the pool has no media nodes: create the Tenant, delete the pool, or remove the label {MeetLabels.Tenant} from the namespace");
    }
}
