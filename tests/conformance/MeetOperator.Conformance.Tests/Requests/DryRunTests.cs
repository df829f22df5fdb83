using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Requests;

/// <summary>dryRun=All: the answer of the write, and nothing written.</summary>
public sealed class DryRunTests(Fleet fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task DryRun_OfACreate_AnswersAndStoresNothing(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var made = await space.CreateAsync(name, query: "?dryRun=All");
        var refused = await space.RefusedAsync(422, "POST", space.Path("?dryRun=All"), Space.Widget(name, """{"size":"Huge"}"""));

        Assert.Equal(201, made.Code);
        Assert.Equal(1, made.Body.NumberAt("spec.replicas"));
        Assert.NotNull(made["metadata.uid"]);
        Assert.True(string.IsNullOrEmpty(made.Body.TextAt("metadata.resourceVersion")));
        Assert.Equal("Invalid", refused.Reason);
        await space.RefusedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_OfChanges_ShowsThemAndKeepsTheObject(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var made = await space.CreateAsync(name);

        var merged = await space.MergeAsync(name, """{"spec":{"replicas":2}}""", "?dryRun=All");
        var put = await space.OkAsync("PUT", space.Path(name + "?dryRun=All"), Space.Widget(name, """{"size":"Large"}""", $$"""{"resourceVersion":"{{made.Version}}"}"""));
        var applied = await space.OkAsync("PATCH", space.Path(name + "?dryRun=All&fieldManager=one&force=true"), Space.Widget(name, """{"size":"Medium"}"""), Space.ApplyPatch);
        var status = await space.OkAsync("PATCH", space.Path(name + "/status?dryRun=All"), """{"status":{"phase":"Running"}}""", Space.MergePatch);
        await space.OkAsync("DELETE", space.Path(name + "?dryRun=All"));

        Assert.Equal(2, merged.Body.NumberAt("spec.replicas"));
        Assert.Equal(2, merged.Body.NumberAt("metadata.generation"));
        Assert.Equal("Large", put.Body.TextAt("spec.size"));
        Assert.Equal("Medium", applied.Body.TextAt("spec.size"));
        Assert.Equal("Running", status.Body.TextAt("status.phase"));
        var shown = await space.GetAsync(name);
        Assert.Equal(made.Version, shown.Version);
        Assert.Equal(made.Body.Sorted(), shown.Body.Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_OfAnApplyOfSomethingNew_StoresNothing(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();

        var made = await space.OkAsync("PATCH", space.Path(name + "?dryRun=All&fieldManager=one"), Space.Widget(name), Space.ApplyPatch);

        Assert.Equal(201, made.Code);
        await space.RefusedAsync(404, "GET", space.Path(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_OfAConflict_IsTheConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.ApplyAsync(name, "one", """{"size":"Small"}""");

        await space.RefusedAsync(409, "PATCH", space.Path(name + "?dryRun=All&fieldManager=two"), Space.Widget(name, """{"size":"Large"}"""), Space.ApplyPatch);
        await space.RefusedAsync(409, "POST", space.Path("?dryRun=All"), Space.Widget(name));
    }

    [Theory]
    [EveryServer]
    public async Task DryRun_OfAnotherValue_IsRefused(string server)
    {
        var space = await SharedAsync(server);

        var answer = await space.SendAsync("POST", space.Path("?dryRun=Some"), Space.Widget(Space.NewName()));

        Assert.Equal(422, answer.Code);
        Assert.Contains(server == ServerNames.Kubernetes120 ? "dryRun: Unsupported value" : "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"", answer.Message, StringComparison.Ordinal);
    }
}
