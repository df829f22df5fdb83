using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Apply;

/// <summary>Server-side apply: ownership and conflicts.</summary>
public sealed class ApplyConflictTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Conflict_WithApplyManager_NamesManagerVersionAndField(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","replicas":2}""");

        var response = await RejectedAsync(space, name, "two", """{"replicas":3}""");

        Assert.Equal("Conflict", response.Reason);
        Assert.Equal("Apply failed with 1 conflict: conflict with \"one\": .spec.replicas", Unversioned(response.Message));
        Assert.Equal("""[{"field":".spec.replicas","message":"conflict with \"one\"","reason":"FieldManagerConflict"}]""", response["details.causes"].Sorted());
        Assert.Equal(2, (await space.GetAsync(name)).Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer]
    public async Task Conflict_WithUpdateManager_NamesVersionAndSubresource(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, query: "?fieldManager=maker");
        await space.OkAsync("PATCH", space.Path(name + "/status?fieldManager=boss"), """{"status":{"phase":"Running"}}""", Space.MergePatch);

        var spec = await RejectedAsync(space, name, "two", """{"size":"Large"}""");
        var status = await space.RejectedAsync(409, "PATCH", space.Path(name + "/status?fieldManager=two"), $$$"""{"apiVersion":"conformance.example.io/v1","kind":"Widget","metadata":{"name":"{{{name}}}"},"status":{"phase":"Pending"}}""", Space.ApplyPatch);

        Assert.Equal("Apply failed with 1 conflict: conflict with \"maker\" using conformance.example.io/v1: .spec.size", spec.Message);
        // 1.20 does not record the subresource of an owner.
        var boss = server == ServerNames.Kubernetes120 ? "\"boss\"" : "\"boss\" with subresource \"status\"";
        Assert.Equal($"Apply failed with 1 conflict: conflict with {boss} using conformance.example.io/v1: .status.phase", status.Message);
    }

    [Theory]
    [EveryServer]
    public async Task Conflict_SeveralFieldsAndManagers_ListsThem(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","replicas":2,"ports":[{"name":"a","number":1}]}""");
        await space.ApplyAsync(name, "two", """{"title":"x"}""");

        var response = await RejectedAsync(space, name, "three", """{"replicas":3,"title":"y","ports":[{"name":"a","number":2}]}""");

        Assert.Equal(["FieldManagerConflict .spec.ports[name=\"a\"].number", "FieldManagerConflict .spec.replicas", "FieldManagerConflict .spec.title"], response.Causes);
        Assert.Equal(
            "Apply failed with 3 conflicts: conflicts with \"one\":\n- .spec.replicas\n- .spec.ports[name=\"a\"].number\nconflicts with \"two\":\n- .spec.title",
            Unversioned(response.Message));
    }

    [Theory]
    [EveryServer]
    public async Task Force_Conflict_TakesOwnership(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","replicas":2}""");

        var taken = await space.ApplyAsync(name, "two", """{"replicas":3}""", force: true);
        var back = await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        Assert.Equal(3, taken.Body.NumberAt("spec.replicas"));
        Assert.Equal("""{"f:spec":{"f:size":{}}}""", Ownership.FieldsOf(taken, "one"));
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", Ownership.FieldsOf(taken, "two"));
        Assert.Equal(3, back.Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer]
    public async Task Update_AppliedField_TakesOwnership(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","replicas":2,"title":"x"}""");

        var changed = await space.MergeAsync(name, """{"spec":{"replicas":3}}""", "?fieldManager=hand");
        var conflict = await RejectedAsync(space, name, "one", """{"size":"Small","replicas":2,"title":"x"}""");
        var kept = await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        Assert.Equal("""{"f:spec":{"f:size":{},"f:title":{}}}""", Ownership.FieldsOf(changed, "one"));
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", Ownership.FieldsOf(changed, "hand", "Update"));
        Assert.Contains("\"hand\"", conflict.Message, StringComparison.Ordinal);
        Assert.Equal(3, kept.Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer]
    public async Task Update_OtherFieldOrSameValue_KeepsOwners(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","replicas":2}""");

        var changed = await space.MergeAsync(name, """{"spec":{"replicas":2,"title":"x"}}""", "?fieldManager=hand");

        Assert.Equal("""{"f:spec":{"f:replicas":{},"f:size":{}}}""", Ownership.FieldsOf(changed, "one"));
        Assert.Equal("""{"f:spec":{"f:title":{}}}""", Ownership.FieldsOf(changed, "hand", "Update"));
    }

    [Theory]
    [EveryServer]
    public async Task Apply_UnchangedValue_NeedsNoForce(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, """{"size":"Small","title":"x"}""", query: "?fieldManager=maker");

        var applied = await space.ApplyAsync(name, "one", """{"size":"Small","title":"x"}""");

        Assert.Equal("""{"f:spec":{"f:size":{},"f:title":{}}}""", Ownership.FieldsOf(applied, "one"));
        Assert.Contains("f:title", Ownership.FieldsOf(applied, "maker", "Update"), StringComparison.Ordinal);
    }

    [Theory]
    [EveryServer]
    public async Task Apply_ObjectWithFieldsOfAnotherManager_ConflictsPerField(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small","nested":{"level":4,"inner":{"name":"x"}}}""");

        var response = await RejectedAsync(space, name, "two", """{"nested":{"level":5,"inner":{"name":"y","on":false}}}""");

        Assert.Equal(["FieldManagerConflict .spec.nested.inner.name", "FieldManagerConflict .spec.nested.level"], response.Causes);
    }

    private static Task<ApiResponse> RejectedAsync(Space space, string name, string manager, string spec) =>
        space.RejectedAsync(409, "PATCH", space.Path($"{name}?fieldManager={manager}"), Space.Widget(name, spec), Space.ApplyPatch);

    /// <summary>Removes the version that some servers add to the name of a manager.</summary>
    private static string Unversioned(string message) => message.Replace(" using conformance.example.io/v1", string.Empty, StringComparison.Ordinal);
}
