using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Operator.NodeSets;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class PoolOwnershipTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("00000000-0000-0000-0000-0000000000ff")]
    public async Task SfuNode_WithoutExistingOwner_IsAdoptedByPool(string? formerOwner)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(await cluster.NodesAsync());
        await cluster.StopOperatorAsync("operator-1");
        var owners = formerOwner is null ? null : new JsonArray(new JsonObject { ["apiVersion"] = "meetoperator.io/v1alpha1", ["kind"] = "SfuPool", ["name"] = "p", ["uid"] = formerOwner });
        await cluster.Client.MergePatchAsync<SfuNode>(node.Metadata.NamespacedName, new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = owners } }, default);

        await cluster.StartOperatorAsync("operator-2");

        var pool = (await cluster.PoolAsync("p")).Metadata.Uid;
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()) is [{ Metadata.OwnerReferences: [var owner] } only] && owner.Uid == pool && only.Metadata.Uid == node.Metadata.Uid, "the pool has adopted the node");
    }

    [Fact]
    public async Task Pool_Recreated_HasNewNodes()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var before = Assert.Single(await cluster.NodesAsync()).Metadata.Name;

        await cluster.Client.DeleteAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<SfuPool>(new NamespacedName("meet-a", "p"), default) is null, "the pool is deleted");
        Assert.Empty(await cluster.NodesAsync());
        var again = await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await cluster.EventuallyAsync(
            async () => await cluster.NodesAsync() is [{ Status.State: SfuNodeState.Ready } node] && node.Metadata.Name != before && node.Metadata.OwnerReferences![0].Uid == again.Metadata.Uid, "the new pool has a node");
    }

    [Fact]
    public async Task CreatedMembers_NodeNeverInInformer_IsForgotten()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        var time = new ManualTime();
        var informer = new Informer<SfuNode>(cluster.Client);
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await cluster.EventuallyAsync(() => Task.FromResult(informer.IsWatching), "the informer is up to date");
        var pool = new SfuPool { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a", Uid = "1" } };
        var made = new CreatedMembers<SfuNode>(informer, time);
        made.Add(new SfuNode
        {
            Metadata = new ObjectMeta { Name = "p-aaaaa", Namespace = "meet-a", OwnerReferences = [new OwnerReference { ApiVersion = "v1", Kind = "SfuPool", Name = "p", Uid = "1" }] },
        });

        Assert.Single(made.Of(pool));
        Assert.Empty(made.Of(new SfuPool { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a", Uid = "2" } }));
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(made.Of(pool));
        await stop.CancelAsync();
        await running;
    }
}
