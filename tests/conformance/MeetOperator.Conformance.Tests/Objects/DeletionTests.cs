using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>Deletion: finalizers, preconditions, dry run and dependents.</summary>
public sealed class DeletionTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    private const string Held = """{"finalizers":["example.io/hold"]}""";

    [Theory]
    [EveryServer]
    public async Task Delete_ExistingObject_ReturnsStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var response = await space.OkAsync("DELETE", space.Path(name));

        Assert.Equal("Status", response.Body.TextAt("kind"));
        Assert.Equal("Success", response.Body.TextAt("status"));
        Assert.Equal(
            $$"""{"group":"conformance.example.io","kind":"widgets","name":"{{name}}","uid":"{{created.Body.TextAt("metadata.uid")}}"}""",
            response["details"].Sorted());
        await space.RejectedAsync(404, "GET", space.Path(name));
        await space.RejectedAsync(404, "DELETE", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithFinalizer_WaitsForFinalizer(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, metadata: Held);

        var marked = await space.OkAsync("DELETE", space.Path(name));
        var again = await space.OkAsync("DELETE", space.Path(name));
        var shown = await space.GetAsync(name);
        var last = await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");

        Assert.Equal("Widget", marked.Body.TextAt("kind"));
        Assert.NotNull(marked["metadata.deletionTimestamp"]);
        Assert.Equal(0, marked.Body.NumberAt("metadata.deletionGracePeriodSeconds"));
        Assert.Equal(2, marked.Body.NumberAt("metadata.generation"));
        Assert.NotEqual(created.Version, marked.Version);
        Assert.Equal(marked.Version, again.Version);
        Assert.Equal(marked.Version, shown.Version);
        Assert.Null(last["metadata.finalizers"]);
        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Finalizers_DuringDeletion_CanOnlyBeRemoved(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, metadata: """{"finalizers":["example.io/hold","example.io/other"]}""");
        await space.OkAsync("DELETE", space.Path(name));

        var added = await space.SendAsync("PATCH", space.Path(name), """{"metadata":{"finalizers":["example.io/hold","example.io/new"]}}""", Space.MergePatch);
        var less = await space.MergeAsync(name, """{"metadata":{"finalizers":["example.io/hold"]}}""");
        var spec = await space.MergeAsync(name, """{"spec":{"replicas":2},"metadata":{"deletionTimestamp":null}}""");
        await space.MergeAsync(name, """{"metadata":{"finalizers":[]}}""");

        Assert.Equal(422, added.Code);
        Assert.Contains(added.Causes, c => c.StartsWith("FieldValueForbidden metadata.finalizers", StringComparison.Ordinal));
        Assert.Equal("""["example.io/hold"]""", less["metadata.finalizers"].Json());
        Assert.NotNull(spec["metadata.deletionTimestamp"]);
        Assert.Equal(2, spec.Body.NumberAt("spec.replicas"));
        await space.WaitUntilDeletedAsync(name);
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithPreconditions_ChecksThem(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);
        var changed = await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        var uid = await space.RejectedAsync(409, "DELETE", space.Path(name), Options("\"uid\":\"00000000-0000-0000-0000-000000000001\""));
        var version = await space.RejectedAsync(409, "DELETE", space.Path(name), Options($"\"resourceVersion\":\"{created.Version}\""));
        await space.OkAsync("DELETE", space.Path(name), Options($"\"uid\":\"{created.Body.TextAt("metadata.uid")}\",\"resourceVersion\":\"{changed.Version}\""));

        Assert.Equal("Conflict", uid.Reason);
        if (server != ServerNames.Kubernetes120)
        {
            // Only current servers have this message.
            Assert.Equal(
                $"Operation cannot be fulfilled on Widget.conformance.example.io \"{name}\": the UID in the precondition (00000000-0000-0000-0000-000000000001) does not match the UID in record ({created.Body.TextAt("metadata.uid")}). The object might have been deleted and then recreated",
                uid.Message);
            Assert.Equal(
                $"Operation cannot be fulfilled on Widget.conformance.example.io \"{name}\": the ResourceVersion in the precondition ({created.Version}) does not match the ResourceVersion in record ({changed.Version}). The object might have been modified",
                version.Message);
        }

        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithPropagationPolicy_AddsFinalizerForCollector(string server)
    {
        var space = await SharedAsync(server);
        var (foreground, orphan, background) = (Space.NewName(), Space.NewName(), Space.NewName());
        foreach (var name in (string[])[foreground, orphan, background])
        {
            await space.CreateAsync(name, metadata: Held);
        }

        // The test checks the responses, because a garbage collector may change the objects afterwards.
        var first = await space.OkAsync("DELETE", space.Path(foreground), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground"}""");
        var second = await space.OkAsync("DELETE", space.Path(orphan + "?propagationPolicy=Orphan"));
        var third = await space.OkAsync("DELETE", space.Path(background), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}""");

        Assert.Equal("""["example.io/hold","foregroundDeletion"]""", first["metadata.finalizers"].Json());
        Assert.Equal("""["example.io/hold","orphan"]""", second["metadata.finalizers"].Json());
        Assert.Equal("""["example.io/hold"]""", third["metadata.finalizers"].Json());
        foreach (var name in (string[])[foreground, orphan, background])
        {
            await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");
            await space.WaitUntilDeletedAsync(name);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Delete_UnknownPolicy_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var response = await space.SendAsync("DELETE", space.Path(name), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Sideways"}""");

        Assert.Equal(422, response.Code);
        await space.GetAsync(name);
    }

    [Theory]
    [EveryServer]
    public async Task DeleteCollection_WithSelector_DeletesSelectedObjects(string server)
    {
        var space = await OwnAsync(server);
        foreach (var (name, tier) in ((string, string)[])[("a", "x"), ("b", "x"), ("c", "y")])
        {
            await space.CreateAsync(name, metadata: $$$"""{"labels":{"tier":"{{{tier}}}"}}""");
        }

        var response = await space.OkAsync("DELETE", space.Path("?labelSelector=tier%3Dx"));

        Assert.Equal("WidgetList", response.Body.TextAt("kind"));
        Assert.Equal(["c"], await NamesAsync(space));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "the garbage collector is a controller of a full cluster")]
    public async Task Dependents_DeletedOwner_AreDeleted(string server)
    {
        var space = await SharedAsync(server);
        var (owner, dependent, orphaned) = (Space.NewName(), Space.NewName(), Space.NewName());
        await space.CreateAsync(dependent, metadata: OwnedBy(await space.CreateAsync(owner)));
        await space.OkAsync("DELETE", space.Path(owner));
        await space.WaitUntilDeletedAsync(dependent);

        // The garbage collector has discovered the resource, so the test does not race with the discovery.
        var other = await space.CreateAsync(orphaned + "-owner");
        await space.CreateAsync(orphaned, metadata: OwnedBy(other));
        await space.OkAsync("DELETE", space.Path(other.Name + "?propagationPolicy=Orphan"));
        await space.WaitUntilDeletedAsync(other.Name);

        Assert.Null((await space.GetAsync(orphaned))["metadata.ownerReferences"]);
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WatchedObject_SendsLastState(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, """{"size":"Large"}""");
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={created.Version}&fieldSelector=metadata.name%3D{name}"));

        await space.OkAsync("DELETE", space.Path(name));

        var (type, shown) = await watch.NextAsync();
        Assert.Equal("DELETED", type);
        Assert.Equal("Large", shown.TextAt("spec.size"));
        Assert.True(long.Parse(shown.TextAt("metadata.resourceVersion")!, System.Globalization.CultureInfo.InvariantCulture) > long.Parse(created.Version, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Options(string preconditions) => "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{" + preconditions + "}}";

    private static string OwnedBy(ApiResponse owner) =>
        $$"""{"ownerReferences":[{"apiVersion":"conformance.example.io/v1","kind":"Widget","name":"{{owner.Name}}","uid":"{{owner.Body.TextAt("metadata.uid")}}"}]}""";

    private static async Task<IEnumerable<string>> NamesAsync(Space space) =>
        ((JsonArray)(await space.OkAsync("GET", space.Path()))["items"]!).Select(item => item.TextAt("metadata.name")!);
}
