using System.Text.Json.Nodes;

namespace MeetOperator.Kube.ApiServer.Tests.Http;

public sealed class ObjectLifecycleTests
{
    private const string W = Api.Widgets + "/w";

    [Fact]
    public async Task Create_Widget_SetsMetadataAndDefaults()
    {
        await using var api = await Api.StartAsync();
        var created = await api.CreateWidgetAsync("w");
        Assert.Equal(1, (int)created["metadata"]!["generation"]!);
        Assert.True(Guid.TryParse((string?)created["metadata"]!["uid"], out _));
        Assert.Equal("default", (string?)created["metadata"]!["namespace"]);
        Assert.Equal(1, (int)created["spec"]!["replicas"]!);
        Assert.Equal("25%", (string?)created["spec"]!["surge"]);
        Assert.True((bool)created["spec"]!["nested"]!["deep"]!);
    }

    [Fact]
    public async Task Create_ExistingName_ReturnsAlreadyExists()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var (code, status) = await api.SendAsync("POST", Api.Widgets, WidgetCrd.Json("w"));
        Assert.Equal(409, code);
        Assert.Equal("AlreadyExists", (string?)status["reason"]);
        Assert.Equal("widgets.example.test \"w\" already exists", (string?)status["message"]);
    }

    [Fact]
    public async Task Create_WithGenerateName_AddsFiveCharacters()
    {
        await using var api = await Api.StartAsync();
        var created = await api.OkAsync("POST", Api.Widgets, """{"apiVersion":"example.test/v1","kind":"Widget","metadata":{"generateName":"w-"},"spec":{"size":"Small"}}""");
        Assert.Matches("^w-[a-z0-9]{5}$", (string?)created["metadata"]!["name"]);
    }

    [Fact]
    public async Task Create_MissingNamespace_ReturnsNotFound()
    {
        await using var api = await Api.StartAsync();
        var (code, status) = await api.SendAsync("POST", "/apis/example.test/v1/namespaces/nowhere/widgets", WidgetCrd.Json("w"));
        Assert.Equal(404, code);
        Assert.Equal("namespaces \"nowhere\" not found", (string?)status["message"]);
    }

    [Fact]
    public async Task Put_StaleVersion_ReturnsConflict()
    {
        await using var api = await Api.StartAsync();
        var created = await api.CreateWidgetAsync("w");
        await api.PatchAsync(W, """{"spec":{"size":"Large"}}""");
        created["spec"]!["size"] = "Medium";
        var (code, status) = await api.SendAsync("PUT", W, created.ToJsonString());
        Assert.Equal(409, code);
        Assert.Equal("Conflict", (string?)status["reason"]);
        Assert.Contains("the object has been modified", (string?)status["message"]);
    }

    [Fact]
    public async Task Generation_SpecStatusAndMetadataChanges_IncreasesForSpecOnly()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var labelled = await api.PatchAsync(W, """{"metadata":{"labels":{"a":"b"}}}""");
        Assert.Equal(1, (int)labelled["metadata"]!["generation"]!);
        var status = await api.PatchAsync(W + "/status", """{"status":{"phase":"Up"}}""");
        Assert.Equal(1, (int)status["metadata"]!["generation"]!);
        var spec = await api.PatchAsync(W, """{"spec":{"replicas":3}}""");
        Assert.Equal(2, (int)spec["metadata"]!["generation"]!);
    }

    [Fact]
    public async Task Patch_MainAndStatus_DoNotAffectEachOther()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var main = await api.PatchAsync(W, """{"spec":{"replicas":2},"status":{"phase":"Forged"}}""");
        Assert.Null(main["status"]);
        var status = await api.PatchAsync(W + "/status", """{"spec":{"replicas":9},"status":{"phase":"Up"},"metadata":{"labels":{"x":"y"}}}""");
        Assert.Equal(2, (int)status["spec"]!["replicas"]!);
        Assert.Equal("Up", (string?)status["status"]!["phase"]);
        Assert.Null(status["metadata"]!["labels"]);
    }

    [Fact]
    public async Task Patch_WithoutChange_KeepsVersion()
    {
        await using var api = await Api.StartAsync();
        var created = await api.CreateWidgetAsync("w");
        var same = await api.PatchAsync(W, """{"spec":{"size":"Small"}}""");
        Assert.Equal((string?)created["metadata"]!["resourceVersion"], (string?)same["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Delete_WithFinalizer_WaitsForItsRemoval()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w", metadata: ""","finalizers":["example.test/hold"]""");
        var marked = await api.OkAsync("DELETE", W);
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);
        var (code, status) = await api.SendAsync("PATCH", W, """{"metadata":{"finalizers":["example.test/hold","example.test/more"]}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("no new finalizers", (string?)status["message"]);
        await api.PatchAsync(W, """{"metadata":{"finalizers":null}}""");
        Assert.Equal(404, (await api.SendAsync("GET", W)).Code);
    }

    [Fact]
    public async Task Delete_OtherUid_ReturnsConflict()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var (code, _) = await api.SendAsync("DELETE", W, """{"preconditions":{"uid":"11111111-1111-1111-1111-111111111111"}}""");
        Assert.Equal(409, code);
        await api.OkAsync("GET", W);
    }

    [Fact]
    public async Task DryRun_CreateAndDelete_StoreNothing()
    {
        await using var api = await Api.StartAsync();
        await api.OkAsync("POST", Api.Widgets + "?dryRun=All", WidgetCrd.Json("w"));
        Assert.Equal(404, (await api.SendAsync("GET", W)).Code);
        await api.CreateWidgetAsync("w");
        await api.OkAsync("DELETE", W + "?dryRun=All");
        await api.OkAsync("GET", W);
    }

    [Fact]
    public async Task Scale_Patch_ChangesReplicas()
    {
        await using var api = await Api.StartAsync();
        await api.CreateWidgetAsync("w");
        var scale = await api.PatchAsync(W + "/scale", """{"spec":{"replicas":4}}""");
        Assert.Equal("Scale", (string?)scale["kind"]);
        Assert.Equal(4, (int)scale["spec"]!["replicas"]!);
        Assert.Equal(4, (int)(await api.OkAsync("GET", W))["spec"]!["replicas"]!);
        var (code, status) = await api.SendAsync("PATCH", W + "/scale", """{"spec":{"replicas":400}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Equal("spec.replicas", (string?)status["details"]!["causes"]![0]!["field"]);
    }
}
