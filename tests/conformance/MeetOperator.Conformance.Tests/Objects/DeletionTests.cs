using System.Text.Json.Nodes;
using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>Deleting: finalizers, preconditions, dry run and what is said about dependents.</summary>
public sealed class DeletionTests(Fleet fleet) : ConformanceTests(fleet)
{
    private const string Held = """{"finalizers":["example.io/hold"]}""";

    [Theory]
    [EveryServer]
    public async Task Delete_Object_AnswersWithAStatusAboutIt(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);

        var answer = await space.OkAsync("DELETE", space.Path(name));

        Assert.Equal("Status", answer.Body.TextAt("kind"));
        Assert.Equal("Success", answer.Body.TextAt("status"));
        Assert.Equal(
            $$"""{"group":"conformance.example.io","kind":"widgets","name":"{{name}}","uid":"{{made.Body.TextAt("metadata.uid")}}"}""",
            answer["details"].Sorted());
        await space.RefusedAsync(404, "GET", space.Path(name));
        await space.RefusedAsync(404, "DELETE", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Delete_ObjectWithAFinalizer_StaysUntilItIsRemoved(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name, metadata: Held);

        var marked = await space.OkAsync("DELETE", space.Path(name));
        var again = await space.OkAsync("DELETE", space.Path(name));
        var shown = await space.GetAsync(name);
        var last = await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");

        Assert.Equal("Widget", marked.Body.TextAt("kind"));
        Assert.NotNull(marked["metadata.deletionTimestamp"]);
        Assert.Equal(0, marked.Body.NumberAt("metadata.deletionGracePeriodSeconds"));
        Assert.Equal(2, marked.Body.NumberAt("metadata.generation"));
        Assert.NotEqual(made.Version, marked.Version);
        Assert.Equal(marked.Version, again.Version);
        Assert.Equal(marked.Version, shown.Version);
        Assert.Null(last["metadata.finalizers"]);
        await space.RefusedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Finalizers_OfAnObjectThatGoes_CanBeTakenAndNotAdded(string server)
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
        await space.GoneAsync(name);
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithPreconditions_TakesOnlyWhatIsMeant(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);
        var changed = await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        var uid = await space.RefusedAsync(409, "DELETE", space.Path(name), Options("\"uid\":\"00000000-0000-0000-0000-000000000001\""));
        var version = await space.RefusedAsync(409, "DELETE", space.Path(name), Options($"\"resourceVersion\":\"{made.Version}\""));
        await space.OkAsync("DELETE", space.Path(name), Options($"\"uid\":\"{made.Body.TextAt("metadata.uid")}\",\"resourceVersion\":\"{changed.Version}\""));

        Assert.Equal("Conflict", uid.Reason);
        if (server != ServerNames.Kubernetes120)
        {
            // The words are of the current servers.
            Assert.Equal(
                $"Operation cannot be fulfilled on Widget.conformance.example.io \"{name}\": the UID in the precondition (00000000-0000-0000-0000-000000000001) does not match the UID in record ({made.Body.TextAt("metadata.uid")}). The object might have been deleted and then recreated",
                uid.Message);
            Assert.Equal(
                $"Operation cannot be fulfilled on Widget.conformance.example.io \"{name}\": the ResourceVersion in the precondition ({made.Version}) does not match the ResourceVersion in record ({changed.Version}). The object might have been modified",
                version.Message);
        }

        await space.RefusedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithAPropagationPolicy_HoldsTheObjectForTheCollector(string server)
    {
        var space = await SharedAsync(server);
        var (foreground, orphan, background) = (Space.NewName(), Space.NewName(), Space.NewName());
        foreach (var name in (string[])[foreground, orphan, background])
        {
            await space.CreateAsync(name, metadata: Held);
        }

        // The answers tell; afterwards a collector, where there is one, has done its part.
        var first = await space.OkAsync("DELETE", space.Path(foreground), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground"}""");
        var second = await space.OkAsync("DELETE", space.Path(orphan + "?propagationPolicy=Orphan"));
        var third = await space.OkAsync("DELETE", space.Path(background), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background"}""");

        Assert.Equal("""["example.io/hold","foregroundDeletion"]""", first["metadata.finalizers"].Json());
        Assert.Equal("""["example.io/hold","orphan"]""", second["metadata.finalizers"].Json());
        Assert.Equal("""["example.io/hold"]""", third["metadata.finalizers"].Json());
        foreach (var name in (string[])[foreground, orphan, background])
        {
            await space.MergeAsync(name, """{"metadata":{"finalizers":null}}""");
            await space.GoneAsync(name);
        }
    }

    [Theory]
    [EveryServer]
    public async Task Delete_WithAnUnknownPolicy_IsRefused(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var answer = await space.SendAsync("DELETE", space.Path(name), """{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Sideways"}""");

        Assert.Equal(422, answer.Code);
        await space.GetAsync(name);
    }

    [Theory]
    [EveryServer]
    public async Task DeleteCollection_WithASelector_TakesTheChosen(string server)
    {
        var space = await OwnAsync(server);
        foreach (var (name, tier) in ((string, string)[])[("a", "x"), ("b", "x"), ("c", "y")])
        {
            await space.CreateAsync(name, metadata: $$$"""{"labels":{"tier":"{{{tier}}}"}}""");
        }

        var answer = await space.OkAsync("DELETE", space.Path("?labelSelector=tier%3Dx"));

        Assert.Equal("WidgetList", answer.Body.TextAt("kind"));
        Assert.Equal(["c"], await NamesAsync(space));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Apiextensions036, Because = "the collector is a controller of a whole cluster")]
    public async Task Dependents_OfADeletedOwner_GoToo(string server)
    {
        var space = await SharedAsync(server);
        var (owner, dependent, orphaned) = (Space.NewName(), Space.NewName(), Space.NewName());
        await space.CreateAsync(dependent, metadata: OwnedBy(await space.CreateAsync(owner)));
        await space.OkAsync("DELETE", space.Path(owner));
        await space.GoneAsync(dependent);

        // The collector knows the resource by now, so that this is no race with its first look at it.
        var other = await space.CreateAsync(orphaned + "-owner");
        await space.CreateAsync(orphaned, metadata: OwnedBy(other));
        await space.OkAsync("DELETE", space.Path(other.Name + "?propagationPolicy=Orphan"));
        await space.GoneAsync(other.Name);

        Assert.Null((await space.GetAsync(orphaned))["metadata.ownerReferences"]);
    }

    [Theory]
    [EveryServer]
    public async Task Delete_ThatIsWatched_ShowsTheLastState(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name, """{"size":"Large"}""");
        await using var watch = await WatchReader.OpenAsync(space.Server, space.Path($"?watch=true&resourceVersion={made.Version}&fieldSelector=metadata.name%3D{name}"));

        await space.OkAsync("DELETE", space.Path(name));

        var (type, shown) = await watch.NextAsync();
        Assert.Equal("DELETED", type);
        Assert.Equal("Large", shown.TextAt("spec.size"));
        Assert.True(long.Parse(shown.TextAt("metadata.resourceVersion")!, System.Globalization.CultureInfo.InvariantCulture) > long.Parse(made.Version, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Options(string preconditions) => "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{" + preconditions + "}}";

    private static string OwnedBy(Answer owner) =>
        $$"""{"ownerReferences":[{"apiVersion":"conformance.example.io/v1","kind":"Widget","name":"{{owner.Name}}","uid":"{{owner.Body.TextAt("metadata.uid")}}"}]}""";

    private static async Task<IEnumerable<string>> NamesAsync(Space space) =>
        ((JsonArray)(await space.OkAsync("GET", space.Path()))["items"]!).Select(item => item.TextAt("metadata.name")!);
}
