using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>The status subresource: the object endpoint cannot change the status, and the status endpoint nothing else.</summary>
public sealed class StatusTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Object_Write_KeepsStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = await RunningAsync(space);

        var merged = await space.MergeAsync(name, """{"spec":{"replicas":2},"status":{"phase":"Pending"}}""");
        var put = await space.OkAsync("PUT", space.Path(name), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{merged.Version}}"}"""));
        var removed = await space.OkAsync("PATCH", space.Path(name), """[{"op":"remove","path":"/status"},{"op":"replace","path":"/spec/size","value":"Large"}]""", Space.JsonPatch);

        Assert.Equal(2, merged.Body.NumberAt("spec.replicas"));
        Assert.All((ApiResponse[])[merged, put, removed], response => Assert.Equal("Running", response.Body.TextAt("status.phase")));
    }

    [Theory]
    [EveryServer]
    public async Task Status_Write_ChangesNothingElse(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, metadata: """{"labels":{"a":"b"}}""");

        var patched = await space.OkAsync("PATCH", space.Path(name + "/status"), """{"spec":{"replicas":9},"metadata":{"labels":{"a":"c"},"annotations":{"x":"y"},"finalizers":["example.io/f"]},"status":{"phase":"Pending"}}""", Space.MergePatch);
        var put = await space.OkAsync("PUT", space.Path(name + "/status"), Space.Widget(name, """{"size":"Large"}""", $$$"""{"resourceVersion":"{{{patched.Version}}}","labels":{"z":"z"}}""", """{"status":{"phase":"Running","replicas":3}}"""));

        Assert.Equal("Pending", patched.Body.TextAt("status.phase"));
        Assert.Equal("Running", put.Body.TextAt("status.phase"));
        Assert.All((ApiResponse[])[patched, put], response =>
        {
            Assert.Equal("""{"a":"b"}""", response["metadata.labels"].Json());
            Assert.Null(response["metadata.annotations"]);
            Assert.Null(response["metadata.finalizers"]);
            Assert.Equal(created["spec"].Sorted(), response["spec"].Sorted());
            Assert.Equal(1, response.Body.NumberAt("metadata.generation"));
        });
    }

    [Theory]
    [EveryServer]
    public async Task Status_OldResourceVersion_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);
        await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        await space.RejectedAsync(409, "PUT", space.Path(name + "/status"), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{old.Version}}"}""", rest: """{"status":{"phase":"Running"}}"""));
        var unversioned = await space.SendAsync("PUT", space.Path(name + "/status"), Space.Widget(name, rest: """{"status":{"phase":"Running"}}"""));

        Assert.Equal(422, unversioned.Code);
    }

    [Theory]
    [EveryServer]
    public async Task Status_Read_ReturnsWholeObject(string server)
    {
        var space = await SharedAsync(server);
        var name = await RunningAsync(space);

        var status = await space.OkAsync("GET", space.Path(name + "/status"));

        Assert.Equal("Widget", status.Body.TextAt("kind"));
        Assert.Equal("Small", status.Body.TextAt("spec.size"));
        Assert.Equal("Running", status.Body.TextAt("status.phase"));
    }

    [Theory]
    [EveryServer]
    public async Task Status_ReplacedWithoutStatus_IsRemoved(string server)
    {
        var space = await SharedAsync(server);
        var name = await RunningAsync(space);
        var shown = await space.GetAsync(name);

        var put = await space.OkAsync("PUT", space.Path(name + "/status"), Space.Widget(name, metadata: $$"""{"resourceVersion":"{{shown.Version}}"}"""));

        Assert.Null(put["status"]);
    }

    [Theory]
    [EveryServer]
    public async Task Status_ReplacedWithoutSpec_KeepsSpec(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, metadata: """{"labels":{"a":"b"}}""");
        var body = $$$"""{"apiVersion":"conformance.example.io/v1","kind":"Widget","metadata":{"name":"{{{name}}}","uid":"{{{created.Body.TextAt("metadata.uid")}}}","resourceVersion":"{{{created.Version}}}"},"status":{"phase":"Running"}}""";

        var put = await space.OkAsync("PUT", space.Path(name + "/status"), body);

        Assert.Equal("Running", put.Body.TextAt("status.phase"));
        Assert.Equal(created["spec"].Sorted(), put["spec"].Sorted());
        Assert.Equal(created["metadata.labels"].Json(), put["metadata.labels"].Json());
    }

    [Theory]
    [EveryServer]
    public async Task Status_UnsupportedMethod_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = await RunningAsync(space);

        Assert.Equal(405, (await space.SendAsync("DELETE", space.Path(name + "/status"))).Code);
        Assert.Equal(405, (await space.SendAsync("POST", space.Path(name + "/status"), Space.Widget(name))).Code);
        Assert.Equal(404, (await space.SendAsync("GET", space.Path(Space.NewName() + "/status"))).Code);
    }

    [Theory]
    [EveryServer]
    public async Task Status_Change_ReachesWatchers(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={created.Version}&fieldSelector=metadata.name%3D{name}"));

        await space.OkAsync("PATCH", space.Path(name + "/status"), """{"status":{"phase":"Running"}}""", Space.MergePatch);

        var (type, shown) = await watch.NextAsync();
        Assert.Equal("MODIFIED", type);
        Assert.Equal("Running", shown.TextAt("status.phase"));
    }

    private static async Task<string> RunningAsync(Space space)
    {
        var name = Space.NewName();
        await space.CreateAsync(name);
        await space.OkAsync("PATCH", space.Path(name + "/status"), """{"status":{"phase":"Running"}}""", Space.MergePatch);
        return name;
    }
}
