using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>dryRun=All: the response of the write, without storing anything.</summary>
public sealed class DryRunTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task DryRun_Create_StoresNothing(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.CreateAsync(name, query: "?dryRun=All");
        var rejected = await space.RejectedAsync(422, "POST", space.Path("?dryRun=All"), Space.Widget(name, """{"size":"Huge"}"""));

        Assert.Equal(201, created.Code);
        Assert.Equal(1, created.Body.NumberAt("spec.replicas"));
        Assert.NotNull(created["metadata.uid"]);
        Assert.True(string.IsNullOrEmpty(created.Body.TextAt("metadata.resourceVersion")));
        Assert.Equal("Invalid", rejected.Reason);
        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_Update_ReturnsChangesWithoutStoring(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var merged = await space.MergeAsync(name, """{"spec":{"replicas":2}}""", "?dryRun=All");
        var put = await space.OkAsync("PUT", space.Path(name + "?dryRun=All"), Space.Widget(name, """{"size":"Large"}""", $$"""{"resourceVersion":"{{created.Version}}"}"""));
        var applied = await space.OkAsync("PATCH", space.Path(name + "?dryRun=All&fieldManager=one&force=true"), Space.Widget(name, """{"size":"Medium"}"""), Space.ApplyPatch);
        var status = await space.OkAsync("PATCH", space.Path(name + "/status?dryRun=All"), """{"status":{"phase":"Running"}}""", Space.MergePatch);
        await space.OkAsync("DELETE", space.Path(name + "?dryRun=All"));

        Assert.Equal(2, merged.Body.NumberAt("spec.replicas"));
        Assert.Equal(2, merged.Body.NumberAt("metadata.generation"));
        Assert.Equal("Large", put.Body.TextAt("spec.size"));
        Assert.Equal("Medium", applied.Body.TextAt("spec.size"));
        Assert.Equal("Running", status.Body.TextAt("status.phase"));
        var shown = await space.GetAsync(name);
        Assert.Equal(created.Version, shown.Version);
        Assert.Equal(created.Body.Sorted(), shown.Body.Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_ApplyNewObject_StoresNothing(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var created = await space.OkAsync("PATCH", space.Path(name + "?dryRun=All&fieldManager=one"), Space.Widget(name), Space.ApplyPatch);

        Assert.Equal(201, created.Code);
        await space.RejectedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_Conflict_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        await space.RejectedAsync(409, "PATCH", space.Path(name + "?dryRun=All&fieldManager=two"), Space.Widget(name, """{"size":"Large"}"""), Space.ApplyPatch);
        await space.RejectedAsync(409, "POST", space.Path("?dryRun=All"), Space.Widget(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_UnknownValue_IsRejected(string server)
    {
        var space = await SharedAsync(server);

        var response = await space.SendAsync("POST", space.Path("?dryRun=Some"), Space.Widget(Space.NewName()));

        Assert.Equal(422, response.Code);
        Assert.Contains(server == ServerNames.Kubernetes120 ? "dryRun: Unsupported value" : "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"", response.Message, StringComparison.Ordinal);
    }
}
