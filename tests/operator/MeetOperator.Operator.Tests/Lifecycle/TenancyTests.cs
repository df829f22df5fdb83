using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

public sealed class TenancyTests
{
    [Fact]
    public async Task Tenant_Created_OwnsLabeledNamespace()
    {
        await using var cluster = await TestCluster.StartAsync();

        await cluster.CreateTenantAsync("a");

        var made = await NamespaceAsync(cluster, "meet-a");
        Assert.Equal("a", made!.Metadata.Labels![MeetLabels.Tenant]);
        Assert.Empty(made.Metadata.OwnerReferences ?? []);
    }

    [Fact]
    public async Task Namespace_AlreadyExists_IsAssignedOnlyByLabel()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-b" } }, default);
        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "b" }, Spec = new TenantSpec { Namespace = "meet-b" } }, default);

        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("b")).Status?.Conditions.Ready()?.Reason == "NamespaceForeign", "the namespace is rejected");
        Assert.Contains("kubectl label namespace meet-b", (await cluster.TenantAsync("b")).Status!.Message, StringComparison.Ordinal);

        await cluster.Client.MergePatchAsync<Namespace>(new NamespacedName(null, "meet-b"), JsonNode.Parse("""{"metadata":{"labels":{"meetoperator.io/tenant":"b"}}}""")!, default);
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("b")).IsReady(), "the namespace is assigned");
    }

    [Fact]
    public async Task Namespace_CreatedConcurrently_BelongsToFirstCreator()
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
                // The operator was first.
            }
        }));

        foreach (var name in names)
        {
            var ours = (await NamespaceAsync(cluster, "meet-" + name))!.Metadata.Labels?.ContainsKey(MeetLabels.Tenant) == true;
            await cluster.EventuallyAsync(
                async () => (await cluster.TenantAsync(name)).Status?.Conditions.Ready()?.Reason == (ours ? "NamespaceOwned" : "NamespaceForeign"), $"tenant {name} reports the owner of its namespace");
        }
    }

    [Fact]
    public async Task Tenant_NamespaceOfFirstTenant_IsRejected()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.CreateTenantAsync("a");

        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "thief" }, Spec = new TenantSpec { Namespace = "meet-a" } }, default);

        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("thief")).Status?.Message?.Contains("belongs to tenant a", StringComparison.Ordinal) == true, "the second tenant is rejected");
        Assert.True((await cluster.TenantAsync("a")).IsReady());
    }

    [Fact]
    public async Task Meeting_NamespaceOfAnotherTenant_IsRejected()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");

        await cluster.CreateMeetingAsync("intruder", tenant: "b", @namespace: "meet-a");

        var rejected = await cluster.WaitForMeetingAsync("intruder", seen => seen.Status?.Phase == MeetingPhase.Failed, "is rejected");
        Assert.Equal("TenantMismatch", rejected.Status!.Conditions.Ready()!.Reason);
        Assert.Contains("meet-b", rejected.Status.Message, StringComparison.Ordinal);
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());
    }

    /// <summary>Permission to write meeting statuses in one tenant's namespace must not give access to another tenant's nodes.</summary>
    [Fact]
    public async Task Meeting_StatusNamesNodeOfAnotherTenant_IsIgnored()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateTenantAsync("b");
        var forged = new NamespacedName("meet-b", "forged");
        await cluster.CreateMeetingAsync("forged", tenant: "b", @namespace: "meet-b");
        await cluster.EventuallyAsync(async () => (await MeetingAsync()).Status?.Conditions.Ready()?.Reason == "NoCandidates", "the meeting has no node");

        var node = Assert.Single(await cluster.NodesAsync()).Metadata.Name;
        var status = new JsonObject { ["sfuCount"] = 1, ["assignments"] = new JsonArray(new JsonObject { ["sfuNode"] = node, ["namespace"] = "meet-a", ["role"] = "Origin", ["state"] = "Ready", ["generation"] = 50 }) };
        await cluster.Client.MergePatchAsync<Meeting>(forged, new JsonObject { ["status"] = status }, default, new WriteOptions { Subresource = "status" });

        await cluster.EventuallyAsync(async () => (await MeetingAsync()).Status is { Assignments: [{ State: AssignmentState.Lost }], SfuCount: 0 }, "the meeting still has no node");
        Assert.Equal("NoCandidates", (await MeetingAsync()).Status!.Conditions.Ready()!.Reason);
        Assert.Empty(Assert.Single(cluster.Kubelet.Nodes).Rooms());

        Task<Meeting> MeetingAsync() => cluster.Client.GetAsync<Meeting>(forged, default);
    }

    /// <summary>A placement covers one node, so the place of a second assignment would never be freed.</summary>
    [Fact]
    public async Task Meeting_StatusNamesSecondNode_IsAdoptedOnFirstOnly()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync(replicas: 2);
        await cluster.CreateMeetingAsync("standup");
        var placed = await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { SfuCount: 1 }, "is placed");
        var first = placed.Status!.Assignments.Single();
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 2, "there is another node");
        var second = (await cluster.NodesAsync()).Select(node => node.Metadata.Name!).Single(name => name != first.SfuNode);

        var assignments = new JsonArray(Entry(first.SfuNode, first.Generation), Entry(second, first.Generation + 5));
        await cluster.Client.MergePatchAsync<Meeting>(
            placed.Metadata.NamespacedName, new JsonObject { ["status"] = new JsonObject { ["assignments"] = assignments } }, default, new WriteOptions { Subresource = "status" });

        var settled = await cluster.WaitForMeetingAsync("standup", seen => seen.Status is { Assignments: [_] }, "has one assignment again");
        Assert.Equal(first.SfuNode, settled.Status!.Assignments.Single().SfuNode);
        await cluster.Client.MergePatchAsync<SfuPool>(new NamespacedName("meet-a", "p"), new JsonObject { ["spec"] = new JsonObject { ["replicas"] = 1 } }, default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()) is [var left] && left.Metadata.Name == first.SfuNode, "the other node carries no meeting and is removed");

        static JsonObject Entry(string node, long generation) =>
            new() { ["sfuNode"] = node, ["namespace"] = "meet-a", ["role"] = "Origin", ["state"] = "Ready", ["generation"] = generation };
    }

    [Fact]
    public async Task Meeting_UnknownTenant_Waits()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-a", Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = "a" } } }, default);
        await cluster.CreateMeetingAsync("early");
        await cluster.WaitForMeetingAsync("early", seen => seen.Status?.Conditions.Ready()?.Reason == "TenantNotFound", "waits for its tenant");

        await cluster.WithTenantAsync();

        await cluster.WaitForReadyAsync("early");
    }

    [Fact]
    public async Task Tenant_DeletedWithNamespace_DeletesAllObjects()
    {
        await using var cluster = await TestCluster.StartAsync();
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        await cluster.Client.MergePatchAsync<Tenant>(new NamespacedName(null, "a"), JsonNode.Parse("""{"spec":{"deletionPolicy":"Delete"}}""")!, default);
        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);

        await cluster.Client.DeleteAsync<Tenant>(new NamespacedName(null, "a"), default);

        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(new NamespacedName(null, "a"), default) is null, "the tenant is deleted");
        Assert.Null(await NamespaceAsync(cluster, "meet-a"));
        Assert.Empty((await cluster.Client.ListAsync<Meeting>(null, null, default)).Items);
        Assert.Empty((await cluster.Client.ListAsync<SfuNode>(null, null, default)).Items);
        Assert.Empty((await cluster.Client.ListAsync<Secret>("meet-a", null, default)).Items);
        await cluster.EventuallyAsync(async () => (await cluster.Client.ListAsync<Pod>(null, null, default)).Items.Count == 0, "the Pods are deleted");
        await cluster.EventuallyAsync(() => Task.FromResult(cluster.Kubelet.Nodes.Count == 0), "the media nodes have stopped");
    }

    private static Task<Namespace?> NamespaceAsync(TestCluster cluster, string name) => cluster.Client.TryGetAsync<Namespace>(new NamespacedName(null, name), default);
}
