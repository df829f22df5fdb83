using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Schemas;

/// <summary>Unknown members: pruning, warnings and strict validation.</summary>
public sealed class PruningTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    private const string Since125 = "fieldValidation came with Kubernetes 1.25; before, unknown members are pruned in silence";

    private const string Odd = """{"size":"Small","shape":"round","nested":{"inner":{"depth":1}},"ports":[{"name":"a","kind":"x"}],"blob":{"free":{"as":[1,"bird"]}},"options":{"any":"thing"}}""";

    [Theory]
    [EveryServer]
    public async Task Create_UnknownMembers_ArePruned(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path(), Space.Widget(Space.NewName(), Odd, rest: """{"extra":{"a":1}}"""));

        Assert.Null(created["extra"]);
        Assert.Null(created["spec.shape"]);
        Assert.Null(created["spec.nested.inner.depth"]);
        Assert.Equal("""[{"name":"a","protocol":"TCP"}]""", created["spec.ports"].Sorted());
        Assert.Equal("""{"free":{"as":[1,"bird"]}}""", created["spec.blob"].Sorted());
        Assert.Equal("""{"any":"thing"}""", created["spec.options"].Sorted());
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_UnknownMembers_WarnsWithEachPath(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), Odd, rest: """{"extra":{"a":1}}"""));

        Assert.Equal(
            ((string[])["extra", "spec.nested.inner.depth", "spec.ports[0].kind", "spec.shape"]).Select(path => $"299 - \"unknown field \\\"{path}\\\"\""),
            created.Warnings.Order(StringComparer.Ordinal));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_UnknownMembersStrict_IsRejectedWithAll(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var response = await space.RejectedAsync(400, "POST", space.Path("?fieldValidation=Strict"), Space.Widget(name, Odd));

        Assert.Equal("BadRequest", response.Reason);
        Assert.StartsWith("Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: ", response.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.shape\"", response.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.nested.inner.depth\"", response.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.ports[0].kind\"", response.Message, StringComparison.Ordinal);
        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_UnknownMembersIgnored_HasNoWarnings(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path("?fieldValidation=Ignore"), Space.Widget(Space.NewName(), Odd));

        Assert.Empty(created.Warnings);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_DuplicateMember_WarnsOrIsRejected(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), """{"size":"Small","title":"a","title":"b"}"""));
        var rejected = await space.RejectedAsync(400, "POST", space.Path("?fieldValidation=Strict"), Space.Widget(Space.NewName(), """{"size":"Small","title":"a","title":"b"}"""));

        Assert.Equal("b", created["spec.title"]!.GetValue<string>());
        Assert.Contains(created.Warnings, w => w.Contains("duplicate field \\\"spec.title\\\"", StringComparison.Ordinal));
        Assert.Contains("duplicate field \"spec.title\"", rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Patch_UnknownMembersStrict_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var merge = await space.SendAsync("PATCH", space.Path(name + "?fieldValidation=Strict"), """{"spec":{"shape":"round"}}""", Space.MergePatch);
        var json = await space.SendAsync("PATCH", space.Path(name + "?fieldValidation=Strict"), """[{"op":"add","path":"/spec/shape","value":"round"}]""", Space.JsonPatch);

        Assert.All((ApiResponse[])[merge, json], response => Assert.Contains("unknown field \"spec.shape\"", response.Message, StringComparison.Ordinal));
        Assert.Equal([422, 422], ((ApiResponse[])[merge, json]).Select(a => a.Code));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_UnknownMetadata_Warns(string server)
    {
        var space = await SharedAsync(server);

        var created = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), metadata: """{"colour":"red"}"""));

        Assert.Null(created["metadata.colour"]);
        Assert.Contains(created.Warnings, w => w.Contains("metadata.colour", StringComparison.Ordinal));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task FieldValidation_UnknownValue_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var response = await space.SendAsync("POST", space.Path("?fieldValidation=Loose"), Space.Widget(Space.NewName()));

        Assert.Equal(422, response.Code);
        Assert.Contains("CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Loose\"", response.Message, StringComparison.Ordinal);
    }
}
