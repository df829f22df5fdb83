using MeetOperator.Conformance.Tests.Objects;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Conformance.Tests.Patches;

/// <summary>JSON merge patch (RFC 7396).</summary>
public sealed class MergePatchTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task MergePatch_ObjectsListsAndNulls_MergesReplacesAndRemoves(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","title":"x","options":{"a":"1","b":"2"},"tags":["x","y"],"ports":[{"name":"a","number":1},{"name":"b"}],"blob":{"deep":{"a":1}}}""");

        var changed = await space.MergeAsync(name, """{"spec":{"title":null,"options":{"a":"9","b":null,"c":"3"},"tags":["z"],"ports":[{"name":"b","number":2}],"blob":{"deep":{"b":null,"c":2}}}}""");

        Assert.Null(changed["spec.title"]);
        Assert.Equal("""{"a":"9","c":"3"}""", changed["spec.options"].Sorted());
        Assert.Equal("""["z"]""", changed["spec.tags"].Json());
        Assert.Equal("""[{"name":"b","number":2,"protocol":"TCP"}]""", changed["spec.ports"].Sorted());
        Assert.Equal("""{"deep":{"a":1,"c":2}}""", changed["spec.blob"].Sorted());
        Assert.Equal("Small", changed.Body.TextAt("spec.size"));
    }

    [Theory]
    [EveryServer]
    public async Task MergePatch_NewObjectWithNulls_DropsNulls(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var changed = await space.MergeAsync(name, """{"spec":{"blob":{"a":null,"b":{"c":null,"d":1}},"options":{"x":null}}}""");

        Assert.Equal("""{"b":{"d":1}}""", changed["spec.blob"].Sorted());
        Assert.Equal("{}", changed["spec.options"].Json());
    }

    [Theory]
    [EveryServer]
    public async Task MergePatch_TextForObject_IsValidated(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var response = await space.SendAsync("PATCH", space.Path(name), """{"spec":{"nested":"x"}}""", Space.MergePatch);

        Assert.Equal(422, response.Code);
        Assert.Contains(response.Causes, cause => cause.EndsWith(" spec.nested", StringComparison.Ordinal));
    }

    [Theory]
    [EveryServer]
    public async Task MergePatch_NotAnObject_IsBadRequest(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        // 1.20 reports a different cause.
        Assert.All(
            (ApiResponse[])[await space.SendAsync("PATCH", space.Path(name), "[1]", Space.MergePatch), await space.SendAsync("PATCH", space.Path(name), "{", Space.MergePatch)],
            response => Assert.True(response.Code == 400 || (server == ServerNames.Kubernetes120 && response.Code > 400), response.ToString()));
        Assert.Equal(404, (await space.SendAsync("PATCH", space.Path(Space.NewName()), "{}", Space.MergePatch)).Code);
    }

    [Theory]
    [EveryServer]
    public async Task MergePatch_TypedClient_ReturnsMergedObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var changed = await space.Client.MergePatchAsync<Objects.TypedWidget>(new NamespacedName(space.Namespace, name), System.Text.Json.Nodes.JsonNode.Parse("""{"spec":{"replicas":6}}""")!, CancellationToken.None);

        Assert.Equal(6, changed.Spec.Replicas);
    }
}
