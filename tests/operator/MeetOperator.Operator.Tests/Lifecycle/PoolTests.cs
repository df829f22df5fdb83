using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Selectors;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class PoolTests
{
    /// <summary>Pools share the cluster's ports, so they take turns to create nodes.</summary>
    [Fact]
    public async Task Pool_ManyNodes_DoesNotDelaySmallPool()
    {
        var order = new NodesInOrder();
        await using var cluster = await TestCluster.StartAsync(admission: order);
        cluster.Kubelet.Paused = true;
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("big", TestCluster.Pool() with { Replicas = 60 });
        await cluster.EventuallyAsync(() => Task.FromResult(order.Seen.Count > 0), "the big pool has started");
        await cluster.CreatePoolAsync("small", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("small")).Metadata.Finalizers is { Count: > 0 }, "the operator reconciles the small pool");

        order.GoOn.Set();

        await cluster.EventuallyAsync(() => Task.FromResult(order.Seen.Count == 61), "all nodes are created");
        Assert.InRange(order.Seen.ToList().IndexOf("small"), 1, 59);
    }

    [Fact]
    public async Task Pool_ApiServerRejectsNodes_ReportsReason()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = (verb, resource) => (verb, resource) == ("create", "sfunodes") ? "exceeded quota: objects" : null;
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await cluster.EventuallyAsync(
            async () => Conditions.Get((await cluster.PoolAsync("p")).Status?.Conditions, MeetConditions.Stalled) is { Reason: "NodeRejected" } stalled && stalled.Message.Contains("exceeded quota: objects", StringComparison.Ordinal), "the pool reports why it has no nodes");
        proxy.Reject = null;
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "the pool is ready once its nodes are accepted", timeout: TimeSpan.FromSeconds(60));
    }

    /// <summary>Records the pools of created nodes in order, and blocks after the first.</summary>
    private sealed class NodesInOrder : IAdmissionPolicy
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Seen { get; } = new();

        public ManualResetEventSlim GoOn { get; } = new();

        public AdmissionDecision Review(AdmissionRequest request)
        {
            if (request is { Kind: "SfuNode", Operation: AdmissionOperation.Create })
            {
                Seen.Enqueue(request.Object!["spec"]!["poolRef"]!["name"]!.GetValue<string>());
                GoOn.Wait(TestCluster.Timeout);
            }

            return AdmissionDecision.Allow;
        }
    }

    [Fact]
    public async Task Pool_Created_CreatesNodesWithPodsAndDistinctPorts()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 3, pool: TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { UdpPorts = 2 } });

        var nodes = await cluster.NodesAsync();
        Assert.Equal(6, nodes.SelectMany(node => node.Spec.UdpPorts).Distinct().Count());
        Assert.All(nodes, node => Assert.Matches("^p-[a-z2-7]{5}$", node.Metadata.Name));
        Assert.All(nodes, node => Assert.Equal(["127.0.0.1"], node.Status!.Addresses));
        Assert.All(nodes, node => Assert.Equal(cluster.Kubelet.Node(node.Metadata.Name!).Address.ToString(), node.Status!.ControlUrl));
        var status = (await cluster.PoolAsync("p")).Status!;
        Assert.Equal((3, "meetoperator.io/sfupool=p"), (status.Replicas, status.Selector));
        Assert.True((await cluster.PoolAsync("p")).IsReady());
    }

    [Fact]
    public async Task Pool_NetworkPoliciesEnabled_OwnsPolicy()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { NetworkPolicies = true });
        await cluster.WithTenantAsync();
        var key = new NamespacedName("meet-a", "p-media-nodes");

        var policy = await cluster.Client.GetAsync<NetworkPolicy>(key, default);

        Assert.Equal(["Ingress", "Egress"], policy.Spec.PolicyTypes);
        var pod = Assert.Single((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items);
        Assert.All(policy.Spec.PodSelector.MatchLabels!, label => Assert.Equal(label.Value, pod.Metadata.Labels![label.Key]));
        await cluster.Client.DeleteAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<NetworkPolicy>(key, default) is null, "the policy is deleted");
    }

    [Fact]
    public async Task Pool_HostNetwork_NodesUseDistinctControlPorts()
    {
        await using var cluster = await TestCluster.StartAsync();
        var exposure = new SfuExposure { Type = ExposureType.HostNetwork, PortRange = new PortRange { Min = 42000, Max = 42063 }, UdpPorts = 2, AddressSource = AddressSource.NodeInternalIP };
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Exposure = exposure });
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");

        var nodes = await cluster.NodesAsync();
        var host = Assert.Single(nodes.SelectMany(node => node.Status!.Addresses).Distinct());
        Assert.Equal(nodes.Select(node => $"https://{host}:{node.Spec.UdpPorts[0]}/"), nodes.Select(node => node.Status!.ControlUrl));
        Assert.Equal(2, nodes.Select(node => node.Spec.ControlPort).Distinct().Count());
        var pods = await cluster.Client.ListAsync<Pod>("meet-a", null, default);
        Assert.All(pods.Items, pod => Assert.Equal((true, "ClusterFirstWithHostNet"), (pod.Spec.HostNetwork, pod.Spec.DnsPolicy)));
    }

    [Fact]
    public async Task Scale_Down_DrainsEmptiestNodeFirst()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var busy = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);

        await ScaleAsync(cluster, 1);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 1, "one node remains");
        Assert.Equal(busy.SfuNode, Assert.Single(await cluster.NodesAsync()).Metadata.Name);
        Assert.Equal(1, Assert.Single((await cluster.TryMeetingAsync("standup"))!.Status!.Assignments).Generation);
    }

    [Fact]
    public async Task Scale_DownWithMeeting_WaitsAndCanBeReverted()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var node = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments).SfuNode;

        await ScaleAsync(cluster, 0);
        await cluster.EventuallyAsync(async () => Assert.Single(await cluster.NodesAsync()).Status!.State == SfuNodeState.Draining, "the node drains");
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Node(node).Draining), "the node rejects new rooms");
        Assert.True((await cluster.TryMeetingAsync("standup"))!.IsReady());

        await ScaleAsync(cluster, 1);
        await cluster.EventuallyAsync(async () => Assert.Single(await cluster.NodesAsync()).Status!.State == SfuNodeState.Allocated, "the same node is serving again");
        await cluster.EventuallyAsync(() => Task.FromResult(!cluster.Kubelet.Node(node).Draining), "the node accepts rooms again");
    }

    [Fact]
    public async Task Scale_DownPastDrainDeadline_MovesMeeting()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 1, pool: TestCluster.Pool() with { Drain = new SfuDrain { DeadlineSeconds = 1 } });
        await cluster.CreateMeetingAsync("standup");
        var before = Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments);
        await cluster.CreatePoolAsync("q", TestCluster.Pool(43000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "another pool is ready");

        await ScaleAsync(cluster, 0);

        var moved = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && seen.Status!.Assignments[0].SfuNode.StartsWith("q-", StringComparison.Ordinal), "has moved");
        Assert.Equal(before.Generation + 1, Assert.Single(moved.Status!.Assignments).Generation);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Spec.PoolRef.Name == "q"), "the drained node is deleted");
    }

    [Fact]
    public async Task Template_Changed_NodesAreReplacedOneByOne()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        var before = (await cluster.NodesAsync()).Select(node => node.Metadata.Name).ToHashSet();

        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"version":"2.0"}}""")!, default);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()) is { Count: 2 } nodes && !nodes.Any(node => before.Contains(node.Metadata.Name)), "both nodes are new");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { UpdatedReplicas: 2, ReadyReplicas: 2 }, "both are ready");
        var pods = await cluster.Client.ListAsync<Pod>("meet-a", null, default);
        Assert.All(pods.Items.Where(pod => pod.Metadata.DeletionTimestamp is null), pod => Assert.EndsWith(":2.0", pod.Spec.Containers[0].Image, StringComparison.Ordinal));
    }

    [Fact]
    public async Task PortRange_TooSmall_ReportsFix()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Replicas = 3, Exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = 42000, Max = 42001 } } });

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { Replicas: 2 } status && status.Message?.Contains("widen spec.exposure.portRange", StringComparison.Ordinal) == true, "the pool reports the fix");
        Assert.Equal(ConditionStatus.False, (await cluster.PoolAsync("p")).Status!.Conditions.Ready()!.Status);
    }

    [Fact]
    public async Task SfuNode_DeletedByHand_IsReplaced()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var name = Assert.Single(await cluster.NodesAsync()).Metadata.Name!;

        await cluster.Client.DeleteAsync<SfuNode>(new NamespacedName("meet-a", name), default);

        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()) is [{ Status.State: SfuNodeState.Ready } other] && other.Metadata.Name != name, "another node is ready");
    }

    [Fact]
    public async Task Meeting_NoSuitableNode_WaitsUntilOneAppears()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 0);
        await cluster.CreateMeetingAsync("standup");

        var waiting = await cluster.WaitForMeetingAsync("standup", seen => seen.Status?.Conditions.Ready()?.Reason == "NoCandidates", "reports that there is no node");
        Assert.Contains("create an SfuPool", waiting.Status!.Message, StringComparison.Ordinal);

        await ScaleAsync(cluster, 1);
        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task Meeting_SelectorMatchesNoPool_ReportsRejection()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var selector = new Contracts.Selectors.LabelSelector { MatchLabels = new Dictionary<string, string> { ["tier"] = "gold" } };

        await cluster.CreateMeetingAsync("standup", new MeetingSpec { Placement = new MeetingPlacement { PoolSelector = selector } });

        var waiting = await cluster.WaitForMeetingAsync("standup", seen => seen.Status?.Conditions.Ready()?.Reason == "NoCapacity", "is rejected");
        var rejection = Assert.Single(waiting.Status!.Rejections);
        Assert.Equal("p", rejection.Candidate);
        Assert.Contains("poolSelector", rejection.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SfuNode_Cordoned_KeepsMeetingAndAcceptsNoNewOne()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("before");
        var cordoned = Assert.Single((await cluster.WaitForReadyAsync("before")).Status!.Assignments).SfuNode;

        await cluster.Client.MergePatchAsync<SfuNode>(new NamespacedName("meet-a", cordoned), JsonNode.Parse("""{"spec":{"unschedulable":true}}""")!, default);
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()).Single(node => node.Metadata.Name == cordoned).Status!.Conditions.Ready() is { Status: ConditionStatus.False, Reason: "Cordoned" }, "the media node is cordoned");
        await cluster.CreateMeetingAsync("after");

        Assert.NotEqual(cordoned, Assert.Single((await cluster.WaitForReadyAsync("after")).Status!.Assignments).SfuNode);
        Assert.Equal(cordoned, Assert.Single((await cluster.TryMeetingAsync("before"))!.Status!.Assignments).SfuNode);
    }

    [Fact]
    public async Task Node_RejectsRoom_AnotherNodeIsTried()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        var full = cluster.Kubelet.Nodes.First();
        full.MaxRooms = 0;

        await Task.WhenAll(Enumerable.Range(0, 6).Select(number => cluster.CreateMeetingAsync($"m{number}")));

        for (var number = 0; number < 6; number++)
        {
            Assert.NotEqual(full.Name, Assert.Single((await cluster.WaitForReadyAsync($"m{number}")).Status!.Assignments).SfuNode);
        }
    }

    private static async Task ScaleAsync(TestCluster cluster, int replicas)
    {
        var scale = await cluster.Client.GetScaleAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        scale.Spec = new ScaleSpec { Replicas = replicas };
        scale.Metadata.ResourceVersion = null; // Ignores concurrent writes by the operator, like kubectl scale.
        await cluster.Client.ReplaceScaleAsync<SfuPool>(scale, default);
    }
}
