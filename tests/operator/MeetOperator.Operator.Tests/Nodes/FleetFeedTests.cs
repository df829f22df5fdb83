using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Operator.Kinds.SfuNodes;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class FleetFeedTests
{
    /// <summary>While the Pod is not deleted, the informer of SfuNodes may only be late, and the rooms be in use.</summary>
    [Theory]
    [InlineData(false, "n0", false)]
    [InlineData(true, "n0", true)]
    [InlineData(true, "n1", false)]
    public void DepartedTarget_PodWithoutNode_OnlyIfItIsDeletedAndNamesTheNode(bool isDeleted, string label, bool isTarget)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "n0", Uid = "u", DeletionTimestamp = isDeleted ? DateTimeOffset.UnixEpoch : null, Labels = new Dictionary<string, string> { [MeetLabels.SfuNode] = label } },
            Spec = new PodSpec { Containers = [new Container { Ports = [new ContainerPort { Name = "control", Port = 7000 }] }] },
            Status = new PodStatus { Phase = "Running", PodIp = "10.1.2.3" },
        };

        Assert.Equal(isTarget ? new Uri("https://10.1.2.3:7000/") : null, FleetFeed.DepartedTarget(new NamespacedName("meet-a", "n0"), pod)?.Address);
    }

    [Fact]
    public async Task Observe_NodeDeletedConcurrently_IsNotRestored()
    {
        await using var server = await TestCluster.StartAsync(withOperator: false);
        await using var polled = new PolledFleet(server.Client);
        using var stop = new CancellationTokenSource();
        var informers = polled.Cluster.All.Select(informer => informer.RunAsync(stop.Token)).ToArray();
        await server.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-a" } }, default);
        var pool = new NamespacedName("meet-a", "p");
        await server.CreatePoolAsync("p", TestCluster.Pool());
        NamespacedName[] nodes = [new("meet-a", "n0"), new("meet-a", "n1")];
        foreach (var key in nodes)
        {
            var spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" }, UdpPorts = [42000], ControlPort = 7000 };
            await server.Client.CreateAsync(new SfuNode { Metadata = new ObjectMeta { Name = key.Name, Namespace = key.Namespace }, Spec = spec }, default);
        }

        await Task.WhenAll(polled.Cluster.All.Select(informer => informer.WaitForSyncAsync(default)));
        await Eventually.TrueAsync(() => polled.Cluster.Nodes.Count == 2, () => "both nodes are in the informer");
        using var feed = new FleetFeed(polled.Cluster, polled.Fleet, polled.Poller, polled.Departed, new PoolRights(polled.Cluster, polled.Options), polled.Authority);
        feed.Start();

        // A pool change processes both nodes on the pool informer's thread, which is blocked at the first. Meanwhile the node informer's thread removes the other one.
        Array.ForEach(nodes, polled.Fleet.Forget);
        var held = new TaskCompletionSource<NamespacedName>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        polled.Wakeups.Node = key =>
        {
            if (held.TrySetResult(key))
            {
                release.Wait(TimeSpan.FromSeconds(60));
            }
        };
        var forgotten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var last = polled.Cluster.Nodes.OnChange(change =>
        {
            if (change.Type == InformerChangeType.Deleted && change.Key == held.Task.Result)
            {
                forgotten.TrySetResult();
            }
        });
        await server.Client.MergePatchAsync<SfuPool>(pool, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["looked"] = "at" } } }, default);
        var first = await held.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var going = nodes.Single(key => key != first);
        await server.Client.DeleteAsync<SfuNode>(going, default);
        await Eventually.TrueAsync(() => polled.Cluster.Nodes.Get(going) is null, () => "the node is deleted");
        release.Set();
        await server.Client.DeleteAsync<SfuNode>(first, default);
        await forgotten.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await server.Client.MergePatchAsync<SfuPool>(pool, new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["looked"] = "again" } } }, default);
        await Eventually.TrueAsync(() => polled.Cluster.Pools.Get(pool)!.Metadata.Labels!["looked"] == "again", () => "the last change was observed");

        Assert.Null(polled.Fleet.View(going));
        Assert.Null(polled.Fleet.View(first));
        await stop.CancelAsync();
        await Task.WhenAll(informers);
    }
}
