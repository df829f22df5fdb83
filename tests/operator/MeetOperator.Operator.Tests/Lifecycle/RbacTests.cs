using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Operator.Uninstalling;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class RbacTests
{
    /// <summary>What serving the webhook needs besides.</summary>
    internal static readonly string[] Webhook =
    [
        "get /secrets", "update /secrets",
        "get admissionregistration.k8s.io/mutatingwebhookconfigurations", "get admissionregistration.k8s.io/validatingwebhookconfigurations",
        "update admissionregistration.k8s.io/mutatingwebhookconfigurations", "update admissionregistration.k8s.io/validatingwebhookconfigurations",
    ];

    /// <summary>Rights that are needed and cannot be provoked here.</summary>
    private static readonly string[] NotSeenHere =
    [
        // Asked for by an admission plug-in of the API server, not by us.
        "update meetoperator.io/sfunodes/finalizers", "update meetoperator.io/sfupools/finalizers",

        // An event that is told again while it is young: EventAggregatorTests.
        "patch /events",

        // Only where the webhook is served: WebhookLifecycleTests.
        .. Webhook,
    ];

    [Fact]
    public async Task Operator_WithItsGeneratedRoleOnly_DoesAllItsWork()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress, MeetComponents.Operator);
        await cluster.StartOperatorAsync("operator-1", proxy.Address, options => options with { NetworkPolicies = true });
        await cluster.Client.CreateAsync(
            new Node { Metadata = new ObjectMeta { Name = cluster.Kubelet.ClusterNode }, Status = new NodeStatus { Addresses = [new NodeAddress { Type = "ExternalIP", Address = "198.51.100.4" }] } }, default);
        cluster.Kubelet.Schedules = true;
        await cluster.WithTenantAsync(replicas: 2, pool: TestCluster.Pool() with { Exposure = TestCluster.Pool().Exposure with { AddressSource = AddressSource.NodeExternalIP } });
        proxy.Bound["meet-a"] = true;
        await cluster.Client.CreateAsync(
            new Secret { Metadata = new ObjectMeta { Name = "api", Namespace = "meet-a" }, StringData = new Dictionary<string, string> { ["key"] = new('k', 40) } }, default);
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"apiKeys":[{"name":"one","secretRef":{"name":"api"}}]}}""")!, default);
        await cluster.EventuallyAsync(async () => Conditions.IsTrue((await cluster.TenantAsync("a")).Status?.Conditions, MeetConditions.ApiKeysReady), "the API key is in use");
        await cluster.CreateMeetingAsync("ends", new MeetingSpec { Lifecycle = new MeetingLifecycle { TtlSecondsAfterFinished = 0 } });
        await cluster.CreateMeetingAsync("deleted");
        await cluster.WaitForReadyAsync("ends");
        await cluster.WaitForReadyAsync("deleted");

        await cluster.Client.MergePatchAsync<Meeting>(new NamespacedName("meet-a", "ends"), JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "deleted"), default);
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("ends") is null && await cluster.TryMeetingAsync("deleted") is null, "both meetings are gone");
        await cluster.Kubelet.FailAsync((await cluster.NodesAsync())[0].Metadata.Name!);
        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")).Status!.ReadyReplicas == 2, "the failed Pod is replaced");
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).All(node => node.Status!.Addresses is ["198.51.100.4"]), "the nodes have their clusterNode's address");
        await DrainTests.OwnAsync(cluster, (await cluster.NodesAsync())[1]);
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), JsonNode.Parse("""{"spec":{"replicas":1}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 1, "one node is drained and gone");
        var owner = new OwnerReference { ApiVersion = "meetoperator.io/v1alpha1", Kind = "Tenant", Name = "a", Uid = (await cluster.TenantAsync("a")).Metadata.Uid! };
        await cluster.Client.MergePatchAsync<Namespace>(
            new NamespacedName(null, "meet-a"), new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(JsonSerializer.SerializeToNode(owner, KubeJson.Options)) } }, default);
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"deletionPolicy":"Delete"}}""")!, default);
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.GetAsync<Namespace>(new NamespacedName(null, "meet-a"), default)).Metadata.OwnerReferences is null or { Count: 0 }, "the namespace has no owner");
        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Namespace>(new NamespacedName(null, "meet-a"), default) is null, "the namespace is gone");

        Assert.Empty(proxy.Refused);

        // A right that a whole life does not need is one too many.
        Assert.Empty(proxy.Unused.Except(NotSeenHere));
    }

    /// <summary>Whoever takes over a component must not hold the Secrets of the cluster with it.</summary>
    [Fact]
    public void GeneratedRoles_OfSecrets_AllowCreatingOnlyAndElsewhereNamedOnes()
    {
        var granted = Directory.GetFiles(Path.Combine(Repository.Root, "crds", "rbac"), "*.yaml")
            .SelectMany(file => Yaml.Read(file)["rules"]!.AsArray().Select(rule => (File: Path.GetFileName(file), Rule: rule!.AsObject())))
            .Where(rule => rule.Rule["resources"]!.AsArray().Any(resource => resource!.GetValue<string>() == "secrets"))
            .Select(rule => (rule.File, Verbs: string.Join(' ', rule.Rule["verbs"]!.AsArray().Select(verb => verb!.GetValue<string>())), HasNames: rule.Rule.ContainsKey("resourceNames")))
            .ToArray();

        Assert.Equal([("operator.clusterrole.yaml", "create", false)], granted.Where(rule => rule.File.EndsWith(".clusterrole.yaml", StringComparison.Ordinal) && rule.File != "tenant-secrets.clusterrole.yaml"));
        Assert.Equal([("tenant-secrets.clusterrole.yaml", "get", false)], granted.Where(rule => rule.File == "tenant-secrets.clusterrole.yaml"));
        Assert.All(granted.Where(rule => rule.File.EndsWith(".role.yaml", StringComparison.Ordinal)), rule => Assert.True(rule.HasNames, rule.ToString()));
    }

    /// <summary>Images and role do not change in the same moment.</summary>
    [Fact]
    public async Task Operator_WithTheRoleOfAnOlderChart_CarriesMeetings()
    {
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await using var proxy = await RbacProxy.StartAsync(cluster.ServerAddress);
        proxy.Refuse = (verb, resource) =>
            (verb, resource) is ("update", "meetings/status") or ("patch", "tenants" or "sfupools" or "namespaces" or "pods") or ("list" or "watch", "nodes") or (_, "configmaps") ? $"{verb} {resource} is not granted" : null;
        proxy.AlsoGrant = (verb, resource) => (verb, resource) == ("patch", "meetings/status");
        await cluster.StartOperatorAsync("operator-1", proxy.Address);
        await cluster.WithTenantAsync();

        await cluster.CreateMeetingAsync("standup");

        await cluster.WaitForReadyAsync("standup");
    }

    [Fact]
    public async Task LeftFinalizers_WithTheirRoleOnly_FreeWhatAnOperatorThatIsGoneHeld()
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
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(new NamespacedName(null, "a"), default) is null, "the tenant is gone and nobody is asked");
        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("left") is null && (await cluster.NodesAsync()).Count == 0, "nothing is left");
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Pod>("meet-a", null, default)).Items.Count == 0, "Pods are gone with what owns them now");
        Assert.Empty(proxy.Refused);
        Assert.Empty(proxy.Unused);
    }
}
