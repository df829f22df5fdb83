using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Patches;

/// <summary>JSON patch (RFC 6902).</summary>
public sealed class JsonPatchTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Operations_EachKind_RunInOrder(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","title":"x","steps":[{"run":"a"},{"run":"c"}],"options":{"a/b":"1"}}""");

        var changed = await PatchAsync(space, name, """
            [
              {"op":"test","path":"/spec/title","value":"x"},
              {"op":"replace","path":"/spec/title","value":"y"},
              {"op":"add","path":"/spec/steps/1","value":{"run":"b"}},
              {"op":"add","path":"/spec/steps/-","value":{"run":"d"}},
              {"op":"remove","path":"/spec/steps/0"},
              {"op":"copy","from":"/spec/options/a~1b","path":"/spec/options/c"},
              {"op":"move","from":"/spec/options/a~1b","path":"/spec/options/d"},
              {"op":"add","path":"/metadata/labels","value":{"l":"1"}}
            ]
            """);

        Assert.Equal(200, changed.Code);
        Assert.Equal("y", changed.Body.TextAt("spec.title"));
        Assert.Equal("""[{"run":"b","times":1},{"run":"c","times":1},{"run":"d","times":1}]""", changed["spec.steps"].Sorted());
        Assert.Equal("""{"c":"1","d":"1"}""", changed["spec.options"].Sorted());
        Assert.Equal("1", changed.Body.TextAt("metadata.labels.l"));
    }

    [Theory]
    [EveryServer]
    public async Task TestOperation_Fails_ChangesNothing(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var response = await PatchAsync(space, name, """[{"op":"replace","path":"/spec/replicas","value":3},{"op":"test","path":"/spec/size","value":"Large"}]""");

        Assert.Equal(422, response.Code);
        Assert.Equal("Invalid", response.Reason);
        Assert.Equal(created.Version, (await space.GetAsync(name)).Version);
    }

    [Theory]
    [EveryServer]
    public async Task Operation_MissingPath_IsUnprocessable(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","steps":[{"run":"a"}]}""");

        Assert.Equal(422, (await PatchAsync(space, name, """[{"op":"remove","path":"/spec/title"}]""")).Code);
        Assert.Equal(422, (await PatchAsync(space, name, """[{"op":"add","path":"/spec/plain/colour","value":"x"}]""")).Code);
        Assert.Equal(422, (await PatchAsync(space, name, """[{"op":"add","path":"/spec/steps/5","value":{"run":"x"}}]""")).Code);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "its JSON patch library adds missing values instead of failing")]
    public async Task Replace_MissingPath_IsUnprocessable(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        Assert.Equal(422, (await PatchAsync(space, name, """[{"op":"replace","path":"/spec/title","value":"x"}]""")).Code);
    }

    [Theory]
    [EveryServer]
    public async Task Patch_Malformed_IsBadRequest(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        Assert.Equal(400, (await PatchAsync(space, name, "{}")).Code);
        Assert.Equal(400, (await PatchAsync(space, name, "[")).Code);
    }

    [Theory]
    [EveryServer]
    public async Task Patch_StatusEndpoint_ChangesOnlyStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var changed = await space.OkAsync("PATCH", space.Path(name + "/status"), """[{"op":"add","path":"/status","value":{"phase":"Running"}},{"op":"replace","path":"/spec/size","value":"Large"}]""", Space.JsonPatch);

        Assert.Equal("Running", changed.Body.TextAt("status.phase"));
        Assert.Equal("Small", changed.Body.TextAt("spec.size"));
    }

    private static Task<ApiResponse> PatchAsync(Space space, string name, string operations) => space.SendAsync("PATCH", space.Path(name), operations, Space.JsonPatch);
}
