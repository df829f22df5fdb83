using System.Text.Json.Nodes;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.TurnControl;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>What tenants use of relays, and their quota of it.</summary>
public sealed class TenantRelaysTests
{
    [Fact]
    public async Task Tenant_RelaysReportIt_ShowsItsUsageAndReachesItsQuota()
    {
        var time = new SkippableTime();
        await using var cluster = await TestCluster.StartAsync(withOperator: false);
        await cluster.StartOperatorAsync("operator-1", change: options => options with { LeaseDuration = TimeSpan.FromHours(5), Turn = options.Turn with { LoopbackPeers = true } }, time: time);
        await cluster.CreateTenantAsync("a");
        await cluster.CreateTenantAsync("b");
        var shared = await RelayAsync(cluster, "meet-system", 3478);
        var own = await RelayAsync(cluster, "meet-a", 3479);
        var old = await RelayAsync(cluster, "meet-b", 3480);
        time.Skip(TimeSpan.FromSeconds(10));

        shared.Tenants = [Use("a", 3), Use("b", 4)];
        own.Tenants = [Use("a", 5), Use("b", 100)]; // whoever owns the namespace can do with the relay what it wants
        old.Allocations = 7; // a relay of an earlier version reports no tenants

        await UntilAsync(cluster, "a", tenant => tenant.Status!.Usage.TurnAllocations == 8, "the allocations on both relays count");
        await UntilAsync(cluster, "b", tenant => tenant.Status!.Usage.TurnAllocations == 4, "those of the other tenant count for it");

        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"quotas":{"turnAllocations":8}}}""")!, default);
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "b"), JsonNode.Parse("""{"spec":{"quotas":{"turnAllocations":8}}}""")!, default);
        await UntilAsync(cluster, "a", tenant => Reached(tenant) is { Message: var message } && tenant.Status!.Message == message && message!.Contains("quota of 8", StringComparison.Ordinal), "it has reached its quota");
        Assert.Null(Reached(await TenantAsync(cluster, "b")));
        await cluster.EventuallyAsync(
            async () => (await cluster.Client.ListAsync<Event>(null, null, default)).Items.Any(seen => seen is { Reason: MeetConditions.RelayQuotaReached, Type: "Warning" } && seen.Message!.Contains("quota of 8", StringComparison.Ordinal)),
            "an event says that the quota is reached");
        shared.Tenants = [Use("a", 2), Use("b", 4)];
        await UntilAsync(cluster, "a", tenant => Reached(tenant) is null && tenant.Status!.Usage.TurnAllocations == 7, "there is room again");
    }

    private static Condition? Reached(Tenant tenant) => Conditions.Get(tenant.Status?.Conditions, MeetConditions.RelayQuotaReached);

    private static TenantTraffic Use(string tenant, int allocations) => new() { Tenant = TurnTenant.HashOf(tenant), Allocations = allocations, RelayedBytes = 0 };

    private static Task<Tenant> TenantAsync(TestCluster cluster, string name) => cluster.Client.GetAsync<Tenant>(new NamespacedName(null, name), default);

    private static Task UntilAsync(TestCluster cluster, string name, Func<Tenant, bool> holds, string what) => cluster.EventuallyAsync(async () => holds(await TenantAsync(cluster, name)), what);

    private static async Task<SimulatedRelay> RelayAsync(TestCluster cluster, string @namespace, int port)
    {
        var spec = new TurnPoolSpec { Listeners = [new TurnListener { Protocol = TurnProtocol.UDP, Port = port }], Exposure = new TurnExposure { AddressSource = AddressSource.NodeInternalIP } };
        var pool = await cluster.Client.CreateAsync(new TurnPool { Metadata = new ObjectMeta { Name = "relays", Namespace = @namespace }, Spec = spec }, default);
        await cluster.EventuallyAsync(async () => (await cluster.Client.GetAsync<TurnPool>(pool.Metadata.NamespacedName, default)).IsReady(), $"the relay in {@namespace} is ready");
        var pods = await cluster.Client.ListAsync<Pod>(@namespace, new ListOptions { LabelSelector = $"{MeetLabels.TurnPool}=relays" }, default);
        return cluster.Kubelet.Relay(Assert.Single(pods.Items).Metadata.Name!);
    }
}
