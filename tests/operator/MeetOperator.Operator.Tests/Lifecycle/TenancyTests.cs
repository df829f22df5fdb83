using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Core;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class TenancyTests
{
    [Fact]
    public async Task Tenant_Created_OwnsALabelledNamespace()
    {
        await using var cluster = await TestCluster.StartAsync();

        await cluster.CreateTenantAsync("a");

        var made = await NamespaceAsync(cluster, "meet-a");
        Assert.Equal("a", made!.Metadata.Labels![MeetLabels.Tenant]);
        Assert.Empty(made.Metadata.OwnerReferences ?? []);
    }

    [Fact]
    public async Task Namespace_ThatExistedBefore_IsTakenOnlyWhenHandedOver()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-b" } }, default);
        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "b" }, Spec = new TenantSpec { Namespace = "meet-b" } }, default);

        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("b")).Status?.Conditions.Ready()?.Reason == "NamespaceForeign", "the namespace is refused");
        Assert.Contains("kubectl label namespace meet-b", (await cluster.TenantAsync("b")).Status!.Message, StringComparison.Ordinal);

        await cluster.Client.MergePatchAsync<Namespace>(new NamespacedName(null, "meet-b"), JsonNode.Parse("""{"metadata":{"labels":{"meetoperator.io/tenant":"b"}}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("b")).IsReady(), "the namespace is taken over");
    }

    [Fact]
    public async Task Namespace_ThatOthersMakeAtTheSameTime_BelongsToWhoWasFirst()
    {
        await using var cluster = await TestCluster.StartAsync();
        var names = Enumerable.Range(0, 30).Select(number => $"r{number}").ToArray();

        await Task.WhenAll(names.Select(async name =>
        {
            await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = name }, Spec = new TenantSpec { Namespace = "meet-" + name } }, default);
            try
            {
                await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-" + name } }, default);
            }
            catch (KubeApiException first) when (first.IsAlreadyExists)
            {
                // The operator was.
            }
        }));

        foreach (var name in names)
        {
            var ours = (await NamespaceAsync(cluster, "meet-" + name))!.Metadata.Labels?.ContainsKey(MeetLabels.Tenant) == true;
            await cluster.EventuallyAsync(
                async () => (await cluster.TenantAsync(name)).Status?.Conditions.Ready()?.Reason == (ours ? "NamespaceOwned" : "NamespaceForeign"), $"tenant {name} knows whose its namespace is");
        }
    }

    [Fact]
    public async Task TwoTenants_OneNamespace_TheSecondIsRefused()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");

        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "thief" }, Spec = new TenantSpec { Namespace = "meet-a" } }, default);

        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("thief")).Status?.Message?.Contains("belongs to tenant a", StringComparison.Ordinal) == true, "the second is refused");
        Assert.True((await cluster.TenantAsync("a")).IsReady());
    }

    [Fact]
    public async Task Meeting_InAnotherTenantsNamespace_IsRefused()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");

        await cluster.CreateMeetingAsync("intruder", tenant: "b", @namespace: "meet-a");

        var refused = await cluster.WaitForMeetingAsync("intruder", seen => seen.Status?.Phase == MeetingPhase.Failed, "is refused");
        Assert.Equal("TenantMismatch", refused.Status!.Conditions.Ready()!.Reason);
        Assert.Contains("meet-b", refused.Status.Message, StringComparison.Ordinal);
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());
    }

    /// <summary>Whoever may write statuses of meetings in one tenant's namespace gets no place on another's nodes by that.</summary>
    [Fact]
    public async Task Meeting_WhoseStatusNamesAnotherTenantsNode_IsNotPlacedThere()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");
        var forged = new NamespacedName("meet-b", "forged");
        await cluster.CreateMeetingAsync("forged", tenant: "b", @namespace: "meet-b");
        await cluster.EventuallyAsync(async () => (await MeetingAsync()).Status?.Conditions.Ready()?.Reason == "NoCandidates", "it has no place");

        var node = Assert.Single(await cluster.NodesAsync()).Metadata.Name;
        var status = new JsonObject { ["sfuCount"] = 1, ["assignments"] = new JsonArray(new JsonObject { ["sfuNode"] = node, ["namespace"] = "meet-a", ["role"] = "Origin", ["state"] = "Ready", ["generation"] = 50 }) };
        await cluster.Client.MergePatchAsync<Meeting>(forged, new JsonObject { ["status"] = status }, default, new WriteOptions { Subresource = "status" });

        await cluster.EventuallyAsync(async () => (await MeetingAsync()).Status is { Assignments: [{ State: AssignmentState.Lost }], SfuCount: 0 }, "it has no place still");
        Assert.Equal("NoCandidates", (await MeetingAsync()).Status!.Conditions.Ready()!.Reason);
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());

        Task<Meeting> MeetingAsync() => cluster.Client.GetAsync<Meeting>(forged, default);
    }

    [Fact]
    public async Task Meeting_OfAnUnknownTenant_WaitsForIt()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-a", Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = "a" } } }, default);
        await cluster.CreateMeetingAsync("early");
        await cluster.WaitForMeetingAsync("early", seen => seen.Status?.Conditions.Ready()?.Reason == "TenantNotFound", "waits for its tenant");

        await cluster.WithTenantAsync();

        await cluster.WaitForReadyAsync("early");
    }

    [Fact]
    public async Task Tenant_DeletedWithItsNamespace_EverythingOfItGoes()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"deletionPolicy":"Delete"}}""")!, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);

        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(new NamespacedName(null, "a"), default) is null, "the tenant is gone");
        Assert.Null(await NamespaceAsync(cluster, "meet-a"));
        Assert.Empty((await cluster.Client.ListAsync<Meeting>(null, null, default)).Items);
        Assert.Empty((await cluster.Client.ListAsync<SfuNode>(null, null, default)).Items);
        Assert.Empty((await cluster.Client.ListAsync<Secret>("meet-a", null, default)).Items);
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Pod>(null, null, default)).Items.Count == 0, "the Pods are gone");
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Nodes.Count == 0), "the media nodes have stopped");
    }

    private static Task<Namespace?> NamespaceAsync(TestCluster cluster, string name) => cluster.Client.TryGetAsync<Namespace>(new NamespacedName(null, name), default);
}
