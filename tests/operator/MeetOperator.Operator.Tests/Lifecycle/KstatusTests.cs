using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Serialization;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>Evaluates the published kstatus rules for unknown kinds on every kind and phase.</summary>
public sealed class KstatusTests
{
    [Fact]
    public async Task Kstatus_ReconciledObjects_AreCurrent()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        var meeting = await cluster.WaitForMeetingAsync("standup", seen => seen.IsReady() && Of(seen) == "Current", "is current");
        await cluster.EventuallyAsync(async () => Of(await cluster.TenantAsync("a")) == "Current", "the tenant is current");
        await cluster.EventuallyAsync(async () => Of(await cluster.PoolAsync("p")) == "Current", "the pool is current");
        await cluster.EventuallyAsync(async () => Of(Assert.Single(await cluster.NodesAsync())) == "Current", "the node is current");

        await cluster.Client.MergePatchAsync<Meeting>(meeting.Metadata.NamespacedName, JsonNode.Parse("""{"spec":{"desiredState":"Ended"}}""")!, default);
        var ended = await cluster.WaitForMeetingAsync("standup", seen => seen.Status!.Phase == MeetingPhase.Ended, "has ended");
        Assert.Equal("Current", Of(ended));
        Assert.Null(ended.Status!.Conditions.Ready());
        Assert.Equal((ConditionStatus.True, "DesiredState"), (Conditions.Get(ended.Status.Conditions, MeetConditions.Complete)!.Status, Conditions.Get(ended.Status.Conditions, MeetConditions.Complete)!.Reason));
    }

    [Fact]
    public async Task Kstatus_UnfinishedObjects_AreInProgressOrFailed()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.Kubelet.Paused = true;
        await cluster.CreateTenantAsync("a");
        await cluster.CreatePoolAsync("p", TestCluster.Pool());
        await cluster.CreateMeetingAsync("waits");
        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "thief" }, Spec = new TenantSpec { Namespace = "meet-a" } }, default);
        await cluster.CreateTenantAsync("b");
        await cluster.CreateMeetingAsync("intruder", tenant: "b", @namespace: "meet-a");

        await cluster.WaitForMeetingAsync("waits", seen => seen.Status is not null && Of(seen) == "InProgress", "waits for capacity");
        await cluster.WaitForMeetingAsync("intruder", seen => seen.Status is not null && Of(seen) == "Failed", "needs intervention");
        await cluster.EventuallyAsync(async () => await cluster.PoolAsync("p") is { Status: not null } pool && Of(pool) == "InProgress", "the pool is in progress");
        await cluster.EventuallyAsync(async () => await cluster.TenantAsync("thief") is { Status: not null } thief && Of(thief) == "Failed", "the second tenant has failed");

        cluster.Kubelet.Paused = false;
        var pod = new NamespacedName("meet-a", Assert.Single(await cluster.NodesAsync()).Metadata.Name!);
        await cluster.Client.TryDeleteAsync<Kube.Core.Pod>(pod, default);
        await cluster.WaitForMeetingAsync("waits", seen => Of(seen) == "Current", "has a room");
        await cluster.EventuallyAsync(async () => Of(await cluster.PoolAsync("p")) == "Current", "the pool is current");
    }

    /// <summary>https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md, and the generic checks of its status package.</summary>
    private static string Of<T>(T item)
        where T : KubernetesObject
    {
        var json = JsonSerializer.SerializeToNode(item, KubeJson.Options)!;
        if (item.Metadata.DeletionTimestamp is not null)
        {
            return "Terminating";
        }

        if (json["status"]?["observedGeneration"] is { } observed && observed.GetValue<long>() != item.Metadata.Generation)
        {
            return "InProgress";
        }

        var conditions = json["status"]?["conditions"]?.AsArray().ToDictionary(entry => entry!["type"]!.GetValue<string>(), entry => entry!["status"]!.GetValue<string>()) ?? [];
        return conditions.GetValueOrDefault("Reconciling") == "True" ? "InProgress"
            : conditions.GetValueOrDefault("Stalled") == "True" ? "Failed"
            : conditions.GetValueOrDefault("Ready", "True") == "True" ? "Current"
            : "InProgress";
    }
}
