using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Uninstalling;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class RbacTests
{
    /// <summary>Additional permissions for the webhook.</summary>
    internal static readonly string[] Webhook =
    [
        "get /secrets", "update /secrets",
        "get admissionregistration.k8s.io/mutatingwebhookconfigurations", "get admissionregistration.k8s.io/validatingwebhookconfigurations",
        "update admissionregistration.k8s.io/mutatingwebhookconfigurations", "update admissionregistration.k8s.io/validatingwebhookconfigurations",
    ];

    /// <summary>Required permissions that this test cannot exercise.</summary>
    private static readonly string[] NotSeenHere =
    [
        // Required by an admission plugin of the API server.
        "update meetoperator.io/sfunodes/finalizers", "update meetoperator.io/sfupools/finalizers",

        // Repeated events are covered by EventAggregatorTests.
        "patch /events",

        // LostMachineLifecycleTests cover a media node that does not answer beside one on another machine, and the replicas beside it.
        "get /pods/log", "patch /pods/status",

        // The webhook is covered by WebhookLifecycleTests.
        .. Webhook,
    ];

    [Fact]
    public async Task Operator_GeneratedRole_IsSufficient()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress, MeetComponents.Operator);
        await cluster.StartOperatorAsync("operator-1", proxy.Address, options => options with { NetworkPolicies = true, EvictionProtection = true });
        await cluster.Client.CreateAsync(
            new Node { Metadata = new ObjectMeta { Name = cluster.Kubelet.ClusterNode }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" }] } }, default);
        cluster.Kubelet.Schedules = true;
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { AddressSource = AddressSource.NodeExternalIP } });
        proxy.Bound["meet-a"] = true;
        await cluster.Client.CreateAsync(
            new Secret { Metadata = new ObjectMeta { Name = "api", Namespace = "meet-a" }, StringData = new Dictionary<string, string> { ["key"] = new('k', 40) } }, default);
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"apiKeys":[{"name":"one","secretRef":{"name":"api"}}]}}""")!, default);
        await cluster.EventuallyAsync(async () => Conditions.IsTrue((await cluster.TenantAsync("a")).Status?.Conditions, MeetConditions.ApiKeysReady), "the API key is in use");
        await cluster.Client.CreateAsync(new TurnPool { Metadata = new ObjectMeta { Name = "relays", Namespace = "meet-a" }, Spec = new TurnPoolSpec() }, default);
        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<TurnPool>(new NamespacedName("meet-a", "relays"), default)).IsReady(), "the pool of relays is ready");
        await cluster.CreateMeetingAsync("ends", new MeetingSpec { Lifecycle = new MeetingLifecycle { TtlSecondsAfterFinished = 0 } });
        await cluster.CreateMeetingAsync("deleted");
        await cluster.WaitForReadyAsync("ends");
        await cluster.WaitForReadyAsync("deleted");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "ends"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "deleted"), default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("ends") is null && await cluster.TryMeetingAsync("deleted") is null, "both meetings are deleted");
        var failing = await cluster.Client.GetAsync<Pod>((await cluster.NodesAsync())[0].Metadata.NamespacedName, default);
        await cluster.Kubelet.FailAsync(failing.Metadata.Name!);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.TryGetAsync<Pod>(failing.Metadata.NamespacedName, default))?.Metadata.Uid != failing.Metadata.Uid && (await cluster.PoolAsync("p")).Status!.ReadyReplicas == 2,
            "the failed Pod is replaced");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Status!.Addresses is ["198.51.100.4"]), "the nodes have their cluster node's address");
        await DrainTests.OwnAsync(cluster, (await cluster.NodesAsync())[1]);
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":1}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 1, "one node is drained and deleted");
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"version":"2.0"}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.Rollout is { History: [_] }, "a rollout is complete");
        var owner = new OwnerReference { ApiVersion = "meetoperator.io/v1alpha1", Kind = "Tenant", Name = "a", Uid = (await cluster.TenantAsync("a")).Metadata.Uid! };
        await cluster.Client.MergePatchAsync<Namespace>(
            new NamespacedName(null, "meet-a"), new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(JsonSerializer.SerializeToNode(owner, KubeJson.Options)) } }, default);
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"deletionPolicy":"Delete"}}""")!, default);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<Namespace>(new NamespacedName(null, "meet-a"), default)).Metadata.OwnerReferences is null or { Count: 0 }, "the namespace has no owner");
        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Namespace>(new NamespacedName(null, "meet-a"), default) is null, "the namespace is deleted");

        // The Lease is renewed only every few seconds.
        await cluster.EventuallyAsync(() => Task.FromResult(!proxy.Unused.Contains("update coordination.k8s.io/leases")), "the leader has renewed its Lease");
        Assert.Empty(proxy.Rejected);

        // Permissions that the whole lifecycle does not use are excessive.
        Assert.Empty(proxy.Unused.Except(NotSeenHere));
    }

    /// <summary>A compromised component must not expose the Secrets of the cluster.</summary>
    [Fact]
    public void GeneratedRoles_Secrets_AllowOnlyCreateOrNamed()
    {
        var granted = Directory.GetFiles(Repository.PathOf("crds", "rbac"), "*.yaml")
            .SelectMany(file => Yaml.Read(file)["rules"]!.AsArray().Select(rule => (File: Path.GetFileName(file), Rule: rule!.AsObject())))
            .Where(rule => rule.Rule["resources"]!.AsArray().Any(resource => resource!.GetValue<string>() == "secrets"))
            .Select(rule => (rule.File, Verbs: string.Join(' ', rule.Rule["verbs"]!.AsArray().Select(verb => verb!.GetValue<string>())), HasNames: rule.Rule.ContainsKey("resourceNames")))
            .ToArray();

        Assert.Equal([("operator.clusterrole.yaml", "create", false)], granted.Where(rule => rule.File.EndsWith(".clusterrole.yaml", StringComparison.Ordinal) && rule.File != "tenant-secrets.clusterrole.yaml"));
        Assert.Equal([("tenant-secrets.clusterrole.yaml", "get", false)], granted.Where(rule => rule.File == "tenant-secrets.clusterrole.yaml"));
        Assert.All(granted.Where(rule => rule.File.EndsWith(".role.yaml", StringComparison.Ordinal)), rule => Assert.True(rule.HasNames, rule.ToString()));
    }

    /// <summary>During an upgrade, images and roles do not change at the same time.</summary>
    [Fact]
    public async Task Operator_RoleOfOlderChart_ServesMeetings()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Reject = (verb, resource) =>
            (verb, resource) is ("update", "meetings/status") or ("patch", "tenants" or "sfupools" or "namespaces" or "pods") or ("list" or "watch", "nodes") or (_, "configmaps") ? $"{verb} {resource} is not granted" : null;
        proxy.AlsoGrant = (verb, resource) => (verb, resource) == ("patch", "meetings/status");
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync();

        await cluster.CreateMeetingAsync("standup");

        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task FinalizerRelease_GeneratedRole_RemovesFinalizers()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("left");
        await cluster.WaitForReadyAsync("left");
        await cluster.StopOperatorAsync("operator-1");
        var orphan = (await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items.Single();
        orphan.Metadata = new ObjectMeta { Name = "orphan", Namespace = "meet-a", Labels = orphan.Metadata.Labels };
        await cluster.Client.CreateAsync(orphan, default);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress, MeetComponents.Uninstall);
        using var client = new KubeClient(new KubeConfig { Server = proxy.Address, Token = cluster.Token });

        Assert.Equal(4, await FinalizerRelease.ReleaseAsync(client, default));
        Assert.Equal(0, await FinalizerRelease.ReleaseAsync(client, default));

        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);
        await cluster.Client.DeleteAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "left"), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(new NamespacedName(null, "a"), default) is null, "the tenant is deleted without an operator");
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("left") is null && (await cluster.NodesAsync()).Count == 0, "no objects remain");
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items.Count == 0, "Pods are deleted with their owners");
        Assert.Empty(proxy.Rejected);
        Assert.Empty(proxy.Unused);
    }
}
