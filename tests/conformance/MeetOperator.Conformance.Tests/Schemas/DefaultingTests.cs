using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Schemas;

/// <summary>Schema defaults: where the server applies them.</summary>
public sealed class DefaultingTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    private const string Unseen = """{"observedGeneration":-1}""";

    private const string UnseenSchema =
        """{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"}}},"status":{"type":"object","default":{"observedGeneration":-1},"properties":{"observedGeneration":{"type":"integer"},"phase":{"type":"string"}}}}}""";

    [Theory]
    [EveryServer]
    public async Task Create_WithMissingFields_DefaultsAtEveryDepth(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName());

        Assert.Equal(1, created.Body.NumberAt("spec.replicas"));
        Assert.Equal("none", created["spec.remark"]!.GetValue<string>());
        Assert.Equal("""{"inner":{"on":true},"level":3}""", created["spec.nested"].Sorted());
        Assert.Null(created["spec.plain"]);
        Assert.Null(created["status"]);
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithPartialObject_DefaultsItsOtherFields(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName(), """{"size":"Small","nested":{"inner":{"name":"x"}},"plain":{},"ports":[{"name":"a"},{"name":"b","protocol":"UDP"}],"steps":[{"run":"x"}]}""");

        Assert.Equal("""{"inner":{"name":"x","on":true},"level":3}""", created["spec.nested"].Sorted());
        Assert.Equal("""{"colour":"grey"}""", created["spec.plain"].Sorted());
        Assert.Equal("""[{"name":"a","protocol":"TCP"},{"name":"b","protocol":"UDP"}]""", created["spec.ports"].Sorted());
        Assert.Equal("""[{"run":"x","times":1}]""", created["spec.steps"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Create_WithNull_DefaultsNonNullableFields(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.CreateAsync(Space.NewName(), """{"size":"Small","replicas":null,"remark":null,"note":null,"title":null,"nested":null}""");

        Assert.Equal(1, created.Body.NumberAt("spec.replicas"));
        Assert.Equal(3, created.Body.NumberAt("spec.nested.level"));
        Assert.True(created["spec"]!.AsObject().ContainsKey("remark"));
        Assert.Null(created["spec.remark"]);
        Assert.True(created["spec"]!.AsObject().ContainsKey("note"));
        Assert.False(created["spec"]!.AsObject().ContainsKey("title"));
    }

    [Theory]
    [EveryServer]
    public async Task Update_RemovesField_RestoresDefault(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","replicas":7}""");

        var changed = await space.MergeAsync(name, """{"spec":{"replicas":null}}""");

        Assert.Equal(1, changed.Body.NumberAt("spec.replicas"));
        Assert.Equal(2, changed.Body.NumberAt("metadata.generation"));
    }

    [Theory]
    [EveryServer]
    public async Task Status_Write_IsDefaulted(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        await space.OkAsync("PATCH", space.Path(name + "/status"), """{"status":{"phase":"Running"}}""", Space.MergePatch);

        Assert.Equal("""{"observed":0,"phase":"Running"}""", (await space.GetAsync(name))["status"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Status_WithDefault_HasDefaultUntilFirstWrite(string server)
    {
        var space = await SharedAsync(server);
        var group = new EvolvingCrd(space) { HasStatus = true };
        await using var installed = await group.InstallAsync(UnseenSchema);

        var body = JsonNode.Parse(group.Body("one", """{"size":"Small"}"""))!.AsObject();
        body["status"] = new JsonObject { ["phase"] = "Mine" };
        var created = await space.OkAsync("POST", group.Path(), body.ToJsonString());
        var listed = await space.OkAsync("GET", group.Path());
        await using var watch = await WatchReader.OpenAsync(space.Server, group.Path() + "?watch=true&resourceVersion=0");
        var watched = await watch.NextAsync();
        var written = await space.OkAsync("PATCH", group.Path("one/status"), """{"status":{"observedGeneration":1,"phase":"Running"}}""", Space.MergePatch);
        var kept = await space.OkAsync("PATCH", group.Path("one"), """{"spec":{"size":"Large"},"status":null}""", Space.MergePatch);
        var removed = await space.OkAsync("PATCH", group.Path("one/status"), """{"status":null}""", Space.MergePatch);

        Assert.Equal(Unseen, created["status"].Sorted());
        Assert.Equal(Unseen, listed["items[0].status"].Sorted());
        Assert.Equal(Unseen, watched.Object["status"].Sorted());
        Assert.All((ApiResponse[])[written, kept], response => Assert.Equal("""{"observedGeneration":1,"phase":"Running"}""", response["status"].Sorted()));
        Assert.Equal(Unseen, removed["status"].Sorted());
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "it makes the creator of the object the owner of the default")]
    public async Task Status_WithDefault_HasNoOwner(string server)
    {
        var space = await SharedAsync(server);
        var group = new EvolvingCrd(space) { HasStatus = true };
        await using var installed = await group.InstallAsync(UnseenSchema);

        var created = await space.OkAsync("POST", group.Path() + "?fieldManager=maker", group.Body("one", """{"size":"Small"}"""));
        var written = await space.OkAsync("PATCH", group.Path("one/status") + "?fieldManager=operator", """{"status":{"observedGeneration":1}}""", Space.MergePatch);

        Assert.DoesNotContain("f:status", Assert.Single(Ownership.Of(created)).Fields, StringComparison.Ordinal);
        Assert.Equal("""{"f:status":{"f:observedGeneration":{}}}""", Ownership.FieldsOf(written, "operator", "Update"));
    }

    [Theory]
    [EveryServer]
    public async Task Read_ObjectOlderThanSchema_PrunesRemovedFields(string server)
    {
        var space = await SharedAsync(server);
        var group = new EvolvingCrd(space);
        await using var installed = await group.InstallAsync("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"},"colour":{"type":"string"}}}}}""");
        await space.OkAsync("POST", group.Path(), group.Body("old", """{"size":"Small","colour":"red"}"""));

        await group.ChangeAsync("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"}}}}}""", async () =>
            (await space.OkAsync("GET", group.Path("old")))["spec.colour"] is null);

        Assert.Equal("""{"size":"Small"}""", (await space.OkAsync("GET", group.Path()))["items[0].spec"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Read_ObjectOlderThanDefault_HasDefault(string server)
    {
        var space = await SharedAsync(server);
        var group = new EvolvingCrd(space);
        await using var installed = await group.InstallAsync("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"}}}}}""");
        await space.OkAsync("POST", group.Path(), group.Body("old", """{"size":"Small"}"""));

        await group.ChangeAsync("""{"type":"object","properties":{"spec":{"type":"object","properties":{"size":{"type":"string"},"colour":{"type":"string","default":"grey"},"inner":{"type":"object","default":{},"properties":{"on":{"type":"boolean","default":true}}}}}}}""", async () =>
            (await space.OkAsync("GET", group.Path("old")))["spec.colour"] is not null);

        Assert.Equal("""{"colour":"grey","inner":{"on":true},"size":"Small"}""", (await space.OkAsync("GET", group.Path("old")))["spec"].Sorted());
        Assert.Equal("grey", (await space.OkAsync("GET", group.Path()))["items[0].spec.colour"]!.GetValue<string>());
        await using var watch = await WatchReader.OpenAsync(space.Server, group.Path() + "?watch=true&resourceVersion=0");
        Assert.Equal("grey", (await watch.NextAsync()).Object.TextAt("spec.colour"));
    }
}
