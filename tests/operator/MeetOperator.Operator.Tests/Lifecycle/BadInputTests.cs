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

/// <summary>Invalid configurations: a condition and an event explain the fix, and the fix works.</summary>
public sealed class BadInputTests
{
    private static readonly NamespacedName Pool = new("meet-a", "p");

    [Fact]
    public async Task Pool_ImageCannotBePulled_ReportsFixAndRecovers()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { Pools = new PoolLimits { ImageRepositories = ["registry.invalid", "localhost"] } });
        cluster.Kubelet.PodFailure = pod => pod.Spec.Containers[0].Image!.StartsWith("registry.invalid/", StringComparison.Ordinal) ? Waiting("ErrImagePull", "no such host") : null;
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Image = "registry.invalid/media-node:1" });

        await WaitForStalledAsync(cluster, "ImageUnavailable", "image registry.invalid/media-node:1 cannot be pulled", "spec.image");
        var node = Assert.Single(await cluster.NodesAsync());
        await cluster.EventuallyAsync(
            async () => Conditions.Get(Assert.Single(await cluster.NodesAsync()).Status?.Conditions, MeetConditions.Stalled)?.Reason == "ImageUnavailable",
            "the node is stalled by ImageUnavailable");
        await EventAsync(cluster, "SfuNode", "ImageUnavailable");

        await PatchPoolAsync(cluster, """{"spec":{"image":"localhost/media-node:1"}}""");

        await WaitForRecoveryAsync(cluster);
        Assert.NotEqual(node.Metadata.Name, Assert.Single(await cluster.NodesAsync()).Metadata.Name);
    }

    [Fact]
    public async Task Pool_PortsInUse_ReportsFixAndRecovers()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Kubelet.PodFailure = pod => pod.Spec.Containers[0].Ports!.Any(port => port.HostPort is >= 42000 and < 43000)
            ? Unscheduled("0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.")
            : null;
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await WaitForStalledAsync(cluster, "PortsTaken", "UDP ports 42000 are in use", "spec.exposure.portRange");

        await PatchPoolAsync(cluster, """{"spec":{"exposure":{"portRange":{"min":43000,"max":43063}}}}""");

        await WaitForRecoveryAsync(cluster);
    }

    [Fact]
    public async Task Pool_PodUnschedulable_ReportsFixAndRecovers()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Kubelet.PodFailure = pod => pod.Spec.NodeSelector is null ? null : Unscheduled("0/2 nodes are available: 2 node(s) didn't match node selector.");
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool() with { Template = new MediaNodeTemplate { NodeSelector = new Dictionary<string, string> { ["gpu"] = "yes" } } });

        await WaitForStalledAsync(cluster, "Unschedulable", "nodeSelector", "0/2 nodes are available");

        await PatchPoolAsync(cluster, """{"spec":{"template":{"nodeSelector":null}}}""");

        await WaitForRecoveryAsync(cluster);
    }

    [Fact]
    public async Task Pool_PodExceedsQuota_ReportsFixAndRecovers()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = (verb, resource) => (verb, resource) == ("create", "pods") ? "pods \"p-aaaaa\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=5, limited: pods=5" : null;
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool());

        await WaitForStalledAsync(cluster, "QuotaExceeded", "ResourceQuota of namespace meet-a", "spec.replicas");

        proxy.Reject = null;

        await WaitForRecoveryAsync(cluster);
    }

    [Fact]
    public async Task ControlSecret_DeletedBeforeStart_IsRecreated()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Kubelet.PodFailure = _ => Waiting("CreateContainerConfigError", "secret \"p-control\" not found");
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool());
        await cluster.EventuallyAsync(
            async () => (await cluster.NodesAsync()) is [{ Status: { } status }] && Conditions.Get(status.Conditions, MeetConditions.Reconciling)?.Reason == "SettingsMissing", "the node reports what it waits for");
        NamespacedName? secret = null;
        await cluster.EventuallyAsync(
            async () => (secret = (await cluster.Client.ListAsync<Secret>("meet-a", null, default)).Items.SingleOrDefault()?.Metadata.NamespacedName) is not null, "the node has a Secret");

        await cluster.Client.DeleteAsync<Secret>(secret!.Value, default);

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Secret>(secret.Value, default) is not null, "the Secret exists again");
    }

    [Fact]
    public async Task ControlSecret_PodReplaced_IsDeletedWithPod()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        var first = Assert.Single((await cluster.Client.ListAsync<Secret>("meet-a", null, default)).Items);

        await cluster.Kubelet.FailAsync((await cluster.NodesAsync())[0].Metadata.Name!);

        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Secret>("meet-a", null, default)).Items is [var second] && second.Metadata.Uid != first.Metadata.Uid, "the new Pod has its own Secret");
        Assert.Equal("Pod", Assert.Single(first.Metadata.OwnerReferences!).Kind);
    }

    [Fact]
    public async Task Tenant_NamespaceOfAnotherOwner_IsStalled()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "theirs" } }, default);

        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "b" }, Spec = new TenantSpec { Namespace = "theirs" } }, default);

        await cluster.EventuallyAsync(
            async () => Conditions.Get((await cluster.TenantAsync("b")).Status?.Conditions, MeetConditions.Stalled) is { Reason: "NamespaceForeign" } stalled && stalled.Message.Contains("kubectl label namespace theirs", StringComparison.Ordinal), "the tenant is stalled");
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>(null, null, default)).Items.Any(seen => seen is { Reason: "NamespaceForeign", InvolvedObject: { Kind: "Tenant", Name: "b" } }), "an event is recorded");
        var theirs = await cluster.Client.GetAsync<Namespace>(new NamespacedName(null, "theirs"), default);
        Assert.Empty(theirs.Metadata.OwnerReferences ?? []);
        Assert.False(theirs.Metadata.Labels?.ContainsKey(MeetLabels.Tenant) == true);
    }

    [Fact]
    public async Task Meeting_NamespaceOfAnotherTenant_IsStalled()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");

        await cluster.CreateMeetingAsync("intruder", tenant: "b", @namespace: "meet-a");

        var rejected = await cluster.WaitForMeetingAsync("intruder", seen => Conditions.Get(seen.Status?.Conditions, MeetConditions.Stalled)?.Reason == "TenantMismatch", "is stalled");
        Assert.Contains("create the meeting in namespace meet-b", rejected.Status!.Message, StringComparison.Ordinal);
        Assert.Empty(rejected.Status.Assignments);
        Assert.Empty(rejected.Metadata.Finalizers ?? []);
        await EventAsync(cluster, "Meeting", "TenantMismatch");
    }

    private static async Task WaitForStalledAsync(TestCluster cluster, string reason, params string[] texts)
    {
        SfuPool? last = null;
        await cluster.EventuallyAsync(
            async () => Conditions.Get((last = await cluster.PoolAsync("p")).Status?.Conditions, MeetConditions.Stalled)?.Reason == reason,
            $"the pool is stalled by {reason}",
            () => last?.Status?.Message ?? string.Empty);
        Assert.False(last!.IsReady());
        Assert.Null(Conditions.Get(last!.Status!.Conditions, MeetConditions.Reconciling));
        Assert.All(texts, text => Assert.Contains(text, last!.Status!.Message, StringComparison.Ordinal));
        await EventAsync(cluster, "SfuPool", reason);
    }

    private static async Task WaitForRecoveryAsync(TestCluster cluster)
    {
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")) is { Status.ReadyReplicas: 1 } pool && pool.IsReady(), "the pool is ready");
        await cluster.EventuallyAsync(
            async () => (await cluster.PoolAsync("p")).Status!.Conditions.All(condition => condition.Type is not (MeetConditions.Stalled or MeetConditions.Reconciling)), "no work is in progress");
    }

    private static Task EventAsync(TestCluster cluster, string kind, string reason) => cluster.EventuallyAsync(
        async () => (await cluster.Client.ListAsync<Event>("meet-a", null, default)).Items.Any(seen => seen.Type == "Warning" && seen.Reason == reason && seen.InvolvedObject.Kind == kind), $"a {kind} has an event with reason {reason}");

    private static Task PatchPoolAsync(TestCluster cluster, string patch) => cluster.Client.MergePatchAsync<SfuPool>(Pool, JsonNode.Parse(patch)!, default);

    private static JsonObject Waiting(string reason, string message) => new()
    {
        ["phase"] = "Pending",
        ["hostIP"] = "127.0.0.1",
        ["containerStatuses"] = new JsonArray(new JsonObject
        {
            ["name"] = "media-node",
            ["image"] = string.Empty,
            ["imageID"] = string.Empty,
            ["ready"] = false,
            ["restartCount"] = 0,
            ["state"] = new JsonObject { ["waiting"] = new JsonObject { ["reason"] = reason, ["message"] = message } },
        }),
    };

    private static JsonObject Unscheduled(string message) => new()
    {
        ["phase"] = "Pending",
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "PodScheduled", ["status"] = "False", ["reason"] = "Unschedulable", ["message"] = message }),
    };
}
