using MeetOperator.Testing;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

public sealed class GarbageCollectionTests
{
    private static string OwnedBy(System.Text.Json.Nodes.JsonObject owner, bool block = false) =>
        $$$""","ownerReferences":[{"apiVersion":"example.test/v1","kind":"Widget","name":"{{{owner["metadata"]!["name"]}}}","uid":"{{{owner["metadata"]!["uid"]}}}","blockOwnerDeletion":{{{(block ? "true" : "false")}}}}]""";

    [Fact]
    public async Task Delete_BackgroundPropagation_DeletesDependents()
    {
        await using var api = await Api.StartAsync();
        var owner = await api.CreateWidgetAsync("owner");
        await api.CreateWidgetAsync("child", metadata: OwnedBy(owner));
        await api.OkAsync("DELETE", Api.Widgets + "/owner");
        await api.WaitUntilDeletedAsync(Api.Widgets + "/child");
    }

    [Fact]
    public async Task Delete_ForegroundPropagation_WaitsForBlockingDependents()
    {
        await using var api = await Api.StartAsync();
        var owner = await api.CreateWidgetAsync("owner");
        await api.CreateWidgetAsync("child", metadata: OwnedBy(owner, block: true) + ""","finalizers":["example.test/hold"]""");
        var marked = await api.OkAsync("DELETE", Api.Widgets + "/owner", """{"propagationPolicy":"Foreground"}""");
        Assert.Equal("foregroundDeletion", (string?)marked["metadata"]!["finalizers"]![0]);
        await Eventually.TrueAsync(
            async () => (await api.OkAsync("GET", Api.Widgets + "/child"))["metadata"]!["deletionTimestamp"] is not null, "the child is being deleted", TimeSpan.FromSeconds(90));

        await api.OkAsync("GET", Api.Widgets + "/owner");
        await api.PatchAsync(Api.Widgets + "/child", """{"metadata":{"finalizers":null}}""");
        await api.WaitUntilDeletedAsync(Api.Widgets + "/owner");
    }

    [Fact]
    public async Task Delete_OrphanPropagation_RemovesOwnerReferences()
    {
        await using var api = await Api.StartAsync();
        var owner = await api.CreateWidgetAsync("owner");
        await api.CreateWidgetAsync("child", metadata: OwnedBy(owner));
        await api.OkAsync("DELETE", Api.Widgets + "/owner?propagationPolicy=Orphan");
        await api.WaitUntilDeletedAsync(Api.Widgets + "/owner");
        var child = await api.OkAsync("GET", Api.Widgets + "/child");
        Assert.Null(child["metadata"]!["ownerReferences"]);
    }

    [Fact]
    public async Task Dependent_TwoOwners_IsDeletedAfterTheLast()
    {
        await using var api = await Api.StartAsync();
        var first = await api.CreateWidgetAsync("first");
        var second = await api.CreateWidgetAsync("second");
        var reference = OwnedBy(first)[..^1] + "," + OwnedBy(second)[(OwnedBy(second).IndexOf('[') + 1)..];
        await api.CreateWidgetAsync("child", metadata: reference);
        await api.OkAsync("DELETE", Api.Widgets + "/first");
        await api.CreateWidgetAsync("marker", metadata: OwnedBy(first));
        await api.WaitUntilDeletedAsync(Api.Widgets + "/marker");
        await api.OkAsync("GET", Api.Widgets + "/child");
        await api.OkAsync("DELETE", Api.Widgets + "/second");
        await api.WaitUntilDeletedAsync(Api.Widgets + "/child");
    }

    [Fact]
    public async Task Namespace_Deleted_IsEmptiedAndRejectsNewObjects()
    {
        await using var api = await Api.StartAsync();
        const string W = "/apis/example.test/v1/namespaces/team/widgets";
        await api.OkAsync("POST", "/api/v1/namespaces", """{"metadata":{"name":"team"}}""");
        await api.OkAsync("POST", W, WidgetCrd.Json("a"));
        await api.OkAsync("POST", W, WidgetCrd.Json("held", metadata: ""","finalizers":["example.test/hold"]"""));
        var ns = await api.OkAsync("DELETE", "/api/v1/namespaces/team");
        Assert.Equal("Terminating", (string?)ns["status"]!["phase"]);
        await api.WaitUntilDeletedAsync(W + "/a");
        var (code, status) = await api.SendAsync("POST", W, WidgetCrd.Json("late"));
        Assert.Equal(403, code);
        Assert.Contains("because it is being terminated", (string?)status["message"]);
        await api.PatchAsync(W + "/held", """{"metadata":{"finalizers":null}}""");
        await api.WaitUntilDeletedAsync("/api/v1/namespaces/team");
    }

    [Fact]
    public async Task Namespace_ObjectCreatedDuringDeletion_IsDeleted()
    {
        await using var api = await Api.StartAsync();
        const string W = "/apis/example.test/v1/namespaces/team/widgets";
        for (var round = 0; round < 20; round++)
        {
            await api.OkAsync("POST", "/api/v1/namespaces", """{"metadata":{"name":"team"}}""");
            var writers = Enumerable.Range(0, 20).Select(i => api.SendAsync("POST", W, WidgetCrd.Json($"w{i}"))).ToArray();
            await api.OkAsync("DELETE", "/api/v1/namespaces/team");
            await Task.WhenAll(writers);
            await api.WaitUntilDeletedAsync("/api/v1/namespaces/team");
        }
    }

    [Fact]
    public async Task Delete_PodOnNode_IsMarkedUntilRuntimeRemovesIt()
    {
        await using var api = await Api.StartAsync();
        const string P = "/api/v1/namespaces/default/pods";
        await api.OkAsync("POST", P, """{"metadata":{"name":"p"},"spec":{"nodeName":"n","terminationGracePeriodSeconds":7,"containers":[{"name":"c","image":"i"}]}}""");
        var marked = await api.OkAsync("DELETE", P + "/p");
        Assert.Equal(7, (int)marked["metadata"]!["deletionGracePeriodSeconds"]!);
        await api.PatchAsync(P + "/p/status", """{"status":{"phase":"Running"}}""");
        await api.OkAsync("DELETE", P + "/p", """{"gracePeriodSeconds":0}""");
        Assert.Equal(404, (await api.SendAsync("GET", P + "/p")).Code);
    }

    [Fact]
    public async Task DeleteCollection_WithSelector_DeletesOnlyMatches()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("a", metadata: ""","labels":{"x":"1"}""");
        await api.CreateWidgetAsync("b");
        await api.OkAsync("DELETE", Api.Widgets + "?labelSelector=x");
        Assert.Equal(404, (await api.SendAsync("GET", Api.Widgets + "/a")).Code);
        await api.OkAsync("GET", Api.Widgets + "/b");
    }
}
