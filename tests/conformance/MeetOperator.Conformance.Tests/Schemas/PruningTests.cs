using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Schemas;

/// <summary>Members that the schema does not know, and what is said about them.</summary>
public sealed class PruningTests(Fleet fleet) : ConformanceTests(fleet)
{
    private const string Since125 = "fieldValidation came with Kubernetes 1.25; before, unknown members are pruned in silence";

    private const string Odd = """{"size":"Small","shape":"round","nested":{"inner":{"depth":1}},"ports":[{"name":"a","kind":"x"}],"blob":{"free":{"as":[1,"bird"]}},"options":{"any":"thing"}}""";

    [Theory]
    [EveryServer]
    public async Task Create_WithUnknownMembers_KeepsOnlyWhatTheSchemaAllows(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path(), Space.Widget(Space.NewName(), Odd, rest: """{"extra":{"a":1}}"""));

        Assert.Null(made["extra"]);
        Assert.Null(made["spec.shape"]);
        Assert.Null(made["spec.nested.inner.depth"]);
        Assert.Equal("""[{"name":"a","protocol":"TCP"}]""", made["spec.ports"].Sorted());
        Assert.Equal("""{"free":{"as":[1,"bird"]}}""", made["spec.blob"].Sorted());
        Assert.Equal("""{"any":"thing"}""", made["spec.options"].Sorted());
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_WithUnknownMembers_WarnsOfEachByItsPath(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), Odd, rest: """{"extra":{"a":1}}"""));

        Assert.Equal(
            ((string[])["extra", "spec.nested.inner.depth", "spec.ports[0].kind", "spec.shape"]).Select(path => $"299 - \"unknown field \\\"{path}\\\"\""),
            made.Warnings.Order(StringComparer.Ordinal));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_WithUnknownMembersStrictly_IsRefusedWithAllOfThem(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var answer = await space.RefusedAsync(400, "POST", space.Path("?fieldValidation=Strict"), Space.Widget(name, Odd));

        Assert.Equal("BadRequest", answer.Reason);
        Assert.StartsWith("Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: ", answer.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.shape\"", answer.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.nested.inner.depth\"", answer.Message, StringComparison.Ordinal);
        Assert.Contains("unknown field \"spec.ports[0].kind\"", answer.Message, StringComparison.Ordinal);
        await space.RefusedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_WithUnknownMembersIgnored_SaysNothing(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path("?fieldValidation=Ignore"), Space.Widget(Space.NewName(), Odd));

        Assert.Empty(made.Warnings);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_WithAMemberTwice_WarnsOrIsRefused(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), """{"size":"Small","title":"a","title":"b"}"""));
        var refused = await space.RefusedAsync(400, "POST", space.Path("?fieldValidation=Strict"), Space.Widget(Space.NewName(), """{"size":"Small","title":"a","title":"b"}"""));

        Assert.Equal("b", made["spec.title"]!.GetValue<string>());
        Assert.Contains(made.Warnings, w => w.Contains("duplicate field \\\"spec.title\\\"", StringComparison.Ordinal));
        Assert.Contains("duplicate field \"spec.title\"", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Patch_WithUnknownMembersStrictly_IsRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var merge = await space.SendAsync("PATCH", space.Path(name + "?fieldValidation=Strict"), """{"spec":{"shape":"round"}}""", Space.MergePatch);
        var json = await space.SendAsync("PATCH", space.Path(name + "?fieldValidation=Strict"), """[{"op":"add","path":"/spec/shape","value":"round"}]""", Space.JsonPatch);

        Assert.All((Answer[])[merge, json], answer => Assert.Contains("unknown field \"spec.shape\"", answer.Message, StringComparison.Ordinal));
        Assert.Equal([422, 422], ((Answer[])[merge, json]).Select(a => a.Code));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task Create_WithUnknownMetadata_IsTold(string server)
    {
        var space = await SharedAsync(server);

        var made = await space.OkAsync("POST", space.Path("?fieldValidation=Warn"), Space.Widget(Space.NewName(), metadata: """{"colour":"red"}"""));

        Assert.Null(made["metadata.colour"]);
        Assert.Contains(made.Warnings, w => w.Contains("metadata.colour", StringComparison.Ordinal));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = Since125)]
    public async Task FieldValidation_OfAnotherName_IsRefused(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.SendAsync("POST", space.Path("?fieldValidation=Loose"), Space.Widget(Space.NewName()));

        Assert.Equal(422, answer.Code);
        Assert.Contains("CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: Unsupported value: \"Loose\"", answer.Message, StringComparison.Ordinal);
    }
}
