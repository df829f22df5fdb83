using MeetOperator.Conformance.Tests.Objects;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;

namespace MeetOperator.Conformance.Tests.Apply;

/// <summary>Server-side apply: the resulting objects.</summary>
public sealed class ApplyTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Apply_NewObject_CreatesIt(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.ApplyAsync(name, "one", """{"size":"Small"}""");
        var again = await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        Assert.Equal(201, created.Code);
        Assert.Equal(1, created.Body.NumberAt("spec.replicas"));
        Assert.Equal(200, again.Code);
        Assert.Equal(created.Version, again.Version);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_WithoutField_RemovesFieldOwnedOnlyByManager(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","title":"x","replicas":5,"options":{"a":"1","b":"2"}}""", """{"labels":{"a":"1"},"annotations":{"b":"1"}}""");

        var changed = await space.ApplyAsync(name, "one", """{"size":"Small","options":{"a":"1"}}""");

        Assert.Null(changed["spec.title"]);
        Assert.Equal(1, changed.Body.NumberAt("spec.replicas"));
        Assert.Equal("""{"a":"1"}""", changed["spec.options"].Json());
        Assert.Null(changed["metadata.labels"]);
        Assert.Null(changed["metadata.annotations"]);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_SameValueByTwoManagers_SharesTheField(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        await space.ApplyAsync(name, "two", """{"size":"Small","title":"x"}""");
        var left = await space.ApplyAsync(name, "one", """{"size":"Small"}""");
        var gone = await space.ApplyAsync(name, "two", """{"size":"Small"}""");

        Assert.Equal("x", left.Body.TextAt("spec.title"));
        Assert.Null(gone["spec.title"]);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_KeyedLists_MergesByKey(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","ports":[{"name":"a","number":1},{"name":"b","number":2}]}""");

        var both = await space.ApplyAsync(name, "two", """{"ports":[{"name":"c","number":3},{"name":"a","protocol":"TCP"}]}""");
        var less = await space.ApplyAsync(name, "one", """{"size":"Small","ports":[{"name":"b","number":9}]}""");

        Assert.Equal("""[{"name":"a","number":1,"protocol":"TCP"},{"name":"b","number":2,"protocol":"TCP"},{"name":"c","number":3,"protocol":"TCP"}]""", ByName(both));
        // The number of item a, which "one" owned, is removed; the item stays, because "two" owns it too.
        Assert.Equal("""[{"name":"a","protocol":"TCP"},{"name":"b","number":9,"protocol":"TCP"},{"name":"c","number":3,"protocol":"TCP"}]""", ByName(less));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_ListsWithTwoKeys_DefaultsMissingKey(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","endpoints":[{"port":1},{"port":1,"protocol":"UDP","weight":5}]}""");

        var changed = await space.ApplyAsync(name, "two", """{"endpoints":[{"port":1,"protocol":"TCP","weight":7}]}""");

        Assert.Equal("""[{"port":1,"protocol":"TCP","weight":7},{"port":1,"protocol":"UDP","weight":5}]""", changed["spec.endpoints"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Apply_Sets_AddsAndRemovesSingleValues(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","tags":["a","b"]}""");

        var more = await space.ApplyAsync(name, "two", """{"tags":["b","c"]}""");
        var less = await space.ApplyAsync(name, "one", """{"size":"Small","tags":["a"]}""");
        var least = await space.ApplyAsync(name, "two", """{"tags":["c"]}""");

        Assert.Equal(["a", "b", "c"], Tags(more));
        Assert.Equal(["a", "b", "c"], Tags(less));
        Assert.Equal(["a", "c"], Tags(least));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_AtomicListsAndMaps_ReplacesThem(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","steps":[{"run":"a"},{"run":"b"}],"selector":{"a":"1","b":"2"}}""");

        var conflict = await space.RejectedAsync(409, "PATCH", space.Path(name + "?fieldManager=two"), Space.Widget(name, """{"steps":[{"run":"c"}],"selector":{"c":"3"}}"""), Space.ApplyPatch);
        var forced = await space.ApplyAsync(name, "two", """{"steps":[{"run":"c"}],"selector":{"c":"3"}}""", force: true);

        Assert.Equal(["FieldManagerConflict .spec.selector", "FieldManagerConflict .spec.steps"], conflict.Causes);
        Assert.Equal("""[{"run":"c","times":1}]""", forced["spec.steps"].Sorted());
        Assert.Equal("""{"c":"3"}""", forced["spec.selector"].Json());
    }

    [Theory]
    [EveryServer]
    public async Task Apply_Status_MergesByKey(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var changed = await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), StatusOnly(name, """{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}"""), Space.ApplyPatch);
        await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=other"), StatusOnly(name, """{"conditions":[{"type":"Placed","status":"True"}]}"""), Space.ApplyPatch);
        var less = await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), StatusOnly(name, """{"phase":"Running"}"""), Space.ApplyPatch);

        Assert.Equal("""[{"status":"True","type":"Ready"}]""", changed["status.conditions"].Sorted());
        Assert.Equal("""[{"status":"True","type":"Placed"}]""", less["status.conditions"].Sorted());
        Assert.Equal(1, less.Body.NumberAt("metadata.generation"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "it detects conflicts in fields that the endpoint ignores")]
    public async Task Apply_WholeObjectToStatus_ChangesOnlyStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var changed = await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), Space.Widget(
            name,
            """{"size":"Large"}""",
            """{"labels":{"a":"b"}}""",
            """{"status":{"phase":"Running"}}"""), Space.ApplyPatch);

        Assert.Equal("Running", changed.Body.TextAt("status.phase"));
        Assert.Equal("Small", changed.Body.TextAt("spec.size"));
        Assert.Null(changed["metadata.labels"]);
        Assert.Equal("""{"f:status":{"f:phase":{}}}""", Ownership.FieldsOf(changed, "boss"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "it replaces the object with null, and then rejects null")]
    public async Task Apply_WithoutNestedObject_RemovesIt(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","options":{"a":"1"},"plain":{"colour":"red"},"ports":[{"name":"a"}],"steps":[{"run":"x"}]}""");

        var changed = await space.ApplyAsync(name, "one", Space.SmallSpec);

        Assert.Null(changed["spec.options"]);
        Assert.Null(changed["spec.plain"]);
        Assert.Null(changed["spec.ports"]);
        Assert.Null(changed["spec.steps"]);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_UnknownField_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var response = await space.SendAsync("PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, """{"size":"Small","shape":"round"}"""), Space.ApplyPatch);

        // The API server returns an internal error, whatever fieldValidation is, because the configuration does not match the schema.
        Assert.Equal(500, response.Code);
        Assert.Contains(".spec.shape: field not declared in schema", response.Message, StringComparison.Ordinal);
        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_StatusOfMissingObject_IsNotFound(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        await space.RejectedAsync(404, "PATCH", space.Path(name + "/status?fieldManager=boss"), StatusOnly(name, """{"phase":"Running"}"""), Space.ApplyPatch);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_ToObject_KeepsStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.OkAsync("PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, rest: """{"status":{"phase":"Running"}}"""), Space.ApplyPatch);

        Assert.Null(created["status"]);
        if (server != ServerNames.Kubernetes120)
        {
            // 1.20 records ownership of fields that the endpoint ignores.
            Assert.Equal("""{"f:spec":{"f:size":{}}}""", Ownership.FieldsOf(created, "one"));
        }
    }

    [Theory]
    [EveryServer]
    public async Task Apply_ViolatesSchema_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var response = await space.RejectedAsync(422, "PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, """{"size":"Small","replicas":-1}"""), Space.ApplyPatch);

        Assert.Contains("FieldValueInvalid spec.replicas", response.Causes);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_WithResourceVersionOrUid_ChecksThem(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.ApplyAsync(name, "one", """{"size":"Small"}""");
        var now = await space.ApplyAsync(name, "one", """{"size":"Medium"}""");

        var stale = await space.RejectedAsync(409, "PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, """{"size":"Large"}""", $$"""{"resourceVersion":"{{created.Version}}"}"""), Space.ApplyPatch);
        var fresh = await space.ApplyAsync(name, "one", """{"size":"Large"}""", $$"""{"resourceVersion":"{{now.Version}}"}""");
        var other = await space.RejectedAsync(422, "PATCH", space.Path(name + "?fieldManager=one"), Space.Widget(name, """{"size":"Small"}""", """{"uid":"00000000-0000-0000-0000-000000000001"}"""), Space.ApplyPatch);

        Assert.Equal("Conflict", stale.Reason);
        Assert.Equal("Large", fresh.Body.TextAt("spec.size"));
        Assert.Contains("FieldValueInvalid metadata.uid", other.Causes);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_YamlBody_CreatesObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.OkAsync("PATCH", space.Path(name + "?fieldManager=one"), $"apiVersion: conformance.example.io/v1\nkind: Widget\nmetadata:\n  name: {name}\nspec:\n  size: Large\n", Space.ApplyPatch);

        Assert.Equal("Large", created.Body.TextAt("spec.size"));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_TypedClientConflict_NamesTheManager(string server)
    {
        var space = await SharedAsync(server);
        var widget = new Objects.TypedWidget { Metadata = new() { Name = Space.NewName(), Namespace = space.Namespace }, Spec = new() { Size = "Small" } };
        await space.Client.ApplyAsync(widget, new ApplyOptions { FieldManager = "one" }, CancellationToken.None);
        widget.Spec = new() { Size = "Large" };

        var exception = await Assert.ThrowsAsync<KubeApiException>(() => space.Client.ApplyAsync(widget, new ApplyOptions { FieldManager = "two", Force = false }, CancellationToken.None));
        var taken = await space.Client.ApplyAsync(widget, new ApplyOptions { FieldManager = "two", Force = true }, CancellationToken.None);

        Assert.True(exception.IsConflict);
        Assert.Contains("\"one\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal("Large", taken.Spec.Size);
    }

    private static string StatusOnly(string name, string status) =>
        $$"""{"apiVersion":"conformance.example.io/v1","kind":"Widget","metadata":{"name":"{{name}}"},"status":{{status}}}""";

    private static IEnumerable<string> Tags(ApiResponse response) => ((System.Text.Json.Nodes.JsonArray)response["spec.tags"]!).Select(tag => tag!.GetValue<string>()).Order(StringComparer.Ordinal);

    private static string ByName(ApiResponse response) =>
        "[" + string.Join(',', ((System.Text.Json.Nodes.JsonArray)response["spec.ports"]!).OrderBy(p => p.TextAt("name"), StringComparer.Ordinal).Select(p => p.Sorted())) + "]";
}
