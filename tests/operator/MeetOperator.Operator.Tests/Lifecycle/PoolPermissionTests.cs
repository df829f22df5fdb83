using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Settings;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>A pool must not give its author the operator's permissions. The reconciler enforces this even without the webhook.</summary>
public sealed class PoolPermissionTests
{
    private static readonly Dictionary<string, string> Gold = new() { ["tier"] = "gold" };
    private static readonly TenantPools WantsGold = new() { SfuSelector = new Contracts.Selectors.LabelSelector { MatchLabels = Gold } };

    [Theory]
    [InlineData("evil.example/miner:1")]
    [InlineData("meetoperator/media-node-evil:1")]
    [InlineData("meetoperator/evil/../media-node:1")]
    public async Task Pool_ImageOfOtherRepository_CreatesNoNode(string image)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Image = image });

        await WaitForStalledAsync(cluster, "ImageNotAllowed", "spec.image: ", "docker.io/meetoperator/media-node");
        Assert.Empty(await cluster.NodesAsync());
    }

    [Fact]
    public async Task Pool_ImageChangedToDisallowed_KeepsNodesAndStartsNoPod()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var node = Assert.Single(await cluster.NodesAsync()).Metadata.NamespacedName;

        await PatchAsync(cluster, """{"spec":{"image":"evil.example/miner:1","rollout":{"type":"Immediate"}}}""");
        await WaitForStalledAsync(cluster, "ImageNotAllowed", "spec.image: ");
        Assert.Equal(node, Assert.Single(await cluster.NodesAsync()).Metadata.NamespacedName);
        await cluster.Client.DeleteAsync<Pod>(node, default);

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.TryGetAsync<SfuNode>(node, default))?.Status?.Message?.Contains("spec.image: repository evil.example/miner is not allowed", StringComparison.Ordinal) == true
                || (await cluster.Client.TryGetAsync<SfuNode>(node, default))?.Status?.State == SfuNodeState.Unhealthy, "the node reports why it has no Pod");
        Assert.DoesNotContain((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items, pod => pod.Spec.Containers[0].Image!.StartsWith("evil", StringComparison.Ordinal));
        await PatchAsync(cluster, """{"spec":{"image":null}}""");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status is { ReadyReplicas: 1 }, "the pool is ready once it is allowed again");
    }

    [Fact]
    public async Task Pool_TenantLimits_RestrictInstallationLimits()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a", pools: new TenantPools { AllowedExposures = [ExposureType.HostPort] });

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { Type = ExposureType.HostNetwork } });

        await WaitForStalledAsync(cluster, "ExposureNotAllowed", "spec.exposure.type: HostNetwork is not allowed", "allowed: HostPort", "spec.pools.allowedExposures of the Tenant");
        Assert.Empty(await cluster.NodesAsync());
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"pools":{"allowedExposures":null}}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "the pool is ready once it is allowed");
    }

    [Fact]
    public async Task Pool_ImageOutsideTenantRepositories_CreatesNoNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Pools = new PoolLimits { ImageRepositories = ["registry.example"] } });
        await cluster.CreateTenantAsync("a", pools: new TenantPools { AllowedImageRepositories = ["registry.example/a"] });

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Image = "registry.example/b/media-node:1" });

        await WaitForStalledAsync(
            cluster, "ImageNotAllowed", "spec.image: repository registry.example/b/media-node is not allowed here", "allowed: docker.io/meetoperator/media-node, registry.example/a", "spec.pools.allowedImageRepositories of the Tenant");
        Assert.Empty(await cluster.NodesAsync());
        await PatchAsync(cluster, """{"spec":{"image":"registry.example/a/media-node:1"}}""");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "the pool is ready with an image of the tenant's list");
    }

    [Fact]
    public async Task Pool_DisallowedPriorityClass_CreatesNoNode()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Pools = new PoolLimits { PriorityClasses = ["media"] } });
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Template = new MediaNodeTemplate { PriorityClassName = "system-node-critical" } });

        await WaitForStalledAsync(cluster, "PriorityClassNotAllowed", "spec.template.priorityClassName: system-node-critical is not allowed", "allowed: media", "Helm value pools.allowedPriorityClasses");
        Assert.Empty(await cluster.NodesAsync());
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"pools":{"allowedPriorityClasses":[]}}}""")!, default);
        await PatchAsync(cluster, """{"spec":{"template":{"priorityClassName":"media"}}}""");
        await WaitForStalledAsync(cluster, "PriorityClassNotAllowed", "media is not allowed", "allowed: none", "spec.pools.allowedPriorityClasses of the Tenant");
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"pools":{"allowedPriorityClasses":["media"]}}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "the pool is ready with an allowed class");
    }

    [Fact]
    public async Task Pool_DisallowedAnnotation_CreatesNoNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");

        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Template = new MediaNodeTemplate { Annotations = new Dictionary<string, string> { ["k8s.v1.cni.cncf.io/networks"] = "storage" } } });

        await WaitForStalledAsync(cluster, "AnnotationNotAllowed", "spec.template.annotations: k8s.v1.cni.cncf.io/networks is not allowed", "Helm value pools.allowedAnnotations");
        Assert.Empty(await cluster.NodesAsync());
    }

    [Fact]
    public async Task PortRange_OfAnotherPool_IsRejected()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();

        await cluster.CreatePoolAsync("q", TestCluster.Pool(42063));

        await WaitForStalledAsync(cluster, "PortRangeOverlaps", "ports 42000-42063 belong to SfuPool meet-a/p", name: "q");
        Assert.True((await cluster.PoolAsync("p")).IsReady());
        Assert.All(await cluster.NodesAsync(), node => Assert.Equal("p", node.Spec.PoolRef.Name));
        await PatchAsync(cluster, """{"spec":{"exposure":{"portRange":{"min":43000,"max":43063}}}}""", "q");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("q")).IsReady(), "the pool is ready with its own range");
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(1, "evil.example/miner:1")]
    public async Task PortRange_OfPoolWithoutNodes_IsFree(int replicas, string? image)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("claims", TestCluster.Pool() with { Replicas = replicas, Image = image });
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("claims")).Status?.ObservedGeneration > 0, "the pool has been reconciled");

        await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "another pool with the same ports is ready");
    }

    [Fact]
    public async Task PortRange_OfServingPool_IsKeptAgainstOlderPool()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("claims", TestCluster.Pool() with { Replicas = 0 });
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("claims")).Status?.ObservedGeneration > 0, "the pool has been reconciled");
        await cluster.CreatePoolAsync("p", TestCluster.Pool());
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "another pool with the same ports is ready");

        await PatchAsync(cluster, """{"spec":{"replicas":1}}""", "claims");

        await WaitForStalledAsync(cluster, "PortRangeOverlaps", "SfuPool meet-a/p", name: "claims");
        await PatchAsync(cluster, """{"spec":{"replicas":2}}""");
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.ReadyReplicas == 2, "the serving pool scales up");
    }

    [Fact]
    public async Task PortRange_OfAllTenantPools_IsLimited()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", Wide(20_000));
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).IsReady(), "a pool with a wide range is ready");

        await cluster.CreatePoolAsync("q", Wide(30_000));

        await WaitForStalledAsync(cluster, "PortRangeTooWide", "6000 ports", "allowed: 4096", name: "q");

        static SfuPoolSpec Wide(int from) => TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { PortRange = new PortRange { Min = from, Max = from + 2999 } } };
    }

    [Fact]
    public async Task PortRange_OfTenantPool_DoesNotBlockInstallationPool()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Pools = new PoolLimits { Namespaces = ["meet-media"] } });
        await cluster.WithTenantAsync();
        await NamespaceAsync(cluster, "meet-media");

        await SharedPoolAsync(cluster, "meet-media");

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<SfuPool>(new NamespacedName("meet-media", "shared"), default)).Status?.ReadyReplicas == 1, "the installation's pool is ready");
        await WaitForStalledAsync(cluster, "PortRangeOverlaps", "a pool of another namespace");
        Assert.Single(await cluster.NodesAsync());
    }

    [Fact]
    public async Task Pool_OfInstallation_ServesOnlySelectingTenants()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Pools = new PoolLimits { Namespaces = ["meet-media"] } });
        await cluster.CreateTenantAsync("a", pools: WantsGold);
        await cluster.CreateTenantAsync("b");
        await NamespaceAsync(cluster, "meet-media");
        await SharedPoolAsync(cluster, "meet-media");

        await cluster.CreateMeetingAsync("standup");
        await cluster.CreateMeetingAsync("other", tenant: "b", @namespace: "meet-b");

        Assert.Equal("meet-media", Assert.Single((await cluster.WaitForReadyAsync("standup")).Status!.Assignments).Namespace);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<Meeting>(new NamespacedName("meet-b", "other"), default)).Status?.Conditions.Ready()?.Reason == "NoCandidates", "a tenant without the selector has no pool");
        Assert.Empty((await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items);
    }

    [Fact]
    public async Task Pool_NamespaceWithoutTenant_CreatesNoNode()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a", pools: WantsGold);
        await NamespaceAsync(cluster, "meet-media");

        await SharedPoolAsync(cluster, "meet-media");

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<SfuPool>(new NamespacedName("meet-media", "shared"), default)).Status?.Message?.Contains("no tenant owns namespace meet-media", StringComparison.Ordinal) == true, "the pool reports why it has no nodes");
        Assert.Empty((await cluster.Client.ListAsync<SfuNode>("meet-media", null, default)).Items);
    }

    [Fact]
    public async Task Pool_OfAnotherTenant_NeverServes()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a", pools: WantsGold);
        await cluster.CreateTenantAsync("b");
        await SharedPoolAsync(cluster, "meet-b");
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<SfuPool>(new NamespacedName("meet-b", "shared"), default)).Status?.ReadyReplicas == 1, "the other tenant's pool is ready");
        await cluster.StopOperatorAsync("operator-1");
        await cluster.Client.MergePatchAsync<Namespace>(new NamespacedName(null, "meet-b"), JsonNode.Parse("""{"metadata":{"labels":{"meetoperator.io/tenant":null}}}""")!, default);
        await cluster.StartOperatorAsync("operator-2");

        await cluster.CreateMeetingAsync("standup");

        await cluster.WaitForMeetingAsync("standup", seen => seen.Status?.Conditions.Ready()?.Reason == "NoCandidates", "finds no pool");
        Assert.All(cluster.Kubelet.Nodes, node => Assert.Empty(node.Rooms()));
    }

    [Theory]
    [InlineData(true, 42010, 42010, 0)]
    [InlineData(false, 53, 8090, 0)]
    [InlineData(false, 42010, 9100, 0)]
    [InlineData(false, 42010, 8090, 22)]
    public async Task SfuNode_CreatedByHandOutsidePoolLimits_GetsNoPod(bool hostNetwork, int port, int control, int tcp)
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var forged = new SfuNode
        {
            Metadata = new ObjectMeta { Name = "p-forged", Namespace = "meet-a" },
            Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = "p" }, UdpPorts = [port], HostNetwork = hostNetwork, ControlPort = control, TcpPort = tcp },
        };

        await cluster.Client.CreateAsync(forged, default);

        var seen = string.Empty;
        await cluster.EventuallyAsync(
            async () => (seen = (await cluster.Client.TryGetAsync<SfuNode>(new NamespacedName("meet-a", "p-forged"), default))?.Status?.Message ?? "deleted") is "deleted" || seen.Contains("the pool creates another node", StringComparison.Ordinal),
            "the node reports why it has no Pod, or is deleted", () => seen);
        Assert.Null(await cluster.Client.TryGetAsync<Pod>(new NamespacedName("meet-a", "p-forged"), default));
    }

    private static Task<SfuPool> SharedPoolAsync(TestCluster cluster, string @namespace) => cluster.Client.CreateAsync(
        new SfuPool { Metadata = new ObjectMeta { Name = "shared", Namespace = @namespace, Labels = Gold }, Spec = TestCluster.Pool() }, default);

    private static Task<Namespace> NamespaceAsync(TestCluster cluster, string name) => cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = name } }, default);

    private static Task<SfuPool> PatchAsync(TestCluster cluster, string patch, string name = "p") =>
        cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", name), JsonNode.Parse(patch)!, default);

    private static async Task WaitForStalledAsync(TestCluster cluster, string reason, string message, string more = "", string most = "", string name = "p")
    {
        Condition? stalled = null;
        await cluster.EventuallyAsync(
            async () => (stalled = Conditions.Get((await cluster.PoolAsync(name)).Status?.Conditions, MeetConditions.Stalled))?.Reason == reason && stalled.Message.Contains(message, StringComparison.Ordinal), $"pool {name} is stalled by {reason}: {message}", () => stalled?.ToString() ?? "no Stalled");
        Assert.All((string[])[more, most], text => Assert.Contains(text, stalled!.Message, StringComparison.Ordinal));
    }
}
