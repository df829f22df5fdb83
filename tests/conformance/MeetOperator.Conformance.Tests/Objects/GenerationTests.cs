using MeetOperator.Conformance.Tests.Servers;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>metadata.generation counts changes of the spec, resourceVersion counts every change.</summary>
public sealed class GenerationTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Generation_AnyChange_IncreasesWithSpecOnly(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name);

        var spec = await space.MergeAsync(name, """{"spec":{"replicas":2}}""");
        var labels = await space.MergeAsync(name, """{"metadata":{"labels":{"a":"b"},"generation":77}}""");
        var status = await space.OkAsync("PATCH", space.Path(name + "/status"), """{"status":{"phase":"Running"}}""", Space.MergePatch);
        var both = await space.MergeAsync(name, """{"spec":{"title":"x"},"metadata":{"annotations":{"a":"b"}}}""");

        Assert.Equal([1, 2, 2, 2, 3], ((ApiResponse[])[created, spec, labels, status, both]).Select(a => a.Body.NumberAt("metadata.generation")!.Value));
        Assert.Equal(5, ((ApiResponse[])[created, spec, labels, status, both]).Select(a => a.Version).Distinct().Count());
    }

    [Theory]
    [EveryServer]
    public async Task Write_WithoutChange_KeepsVersion(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);
        var before = await space.MergeAsync(name, """{"spec":{"replicas":2}}""");

        var merged = await space.MergeAsync(name, """{"spec":{"replicas":2}}""");
        var put = await space.OkAsync("PUT", space.Path(name), (await space.GetAsync(name)).Body.ToJsonString());
        var empty = await space.MergeAsync(name, "{}");

        Assert.All((ApiResponse[])[merged, put, empty], response => Assert.Equal(before.Version, response.Version));
    }

    [Theory]
    [EveryServer]
    public async Task Generation_WithoutStatusSubresource_IncreasesWithStatus(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        const string Gadgets = Space.Group + "/v1/gadgets";
        var created = await space.OkAsync("POST", Gadgets, $$$"""{"apiVersion":"conformance.example.io/v1","kind":"Gadget","metadata":{"name":"{{{name}}}"},"spec":{"a":1},"status":{"b":1}}""");

        var changed = await space.OkAsync("PATCH", $"{Gadgets}/{name}", """{"status":{"b":2}}""", Space.MergePatch);

        Assert.Equal("""{"b":1}""", created["status"].Json());
        Assert.Equal("""{"b":2}""", changed["status"].Json());
        Assert.Equal(2, changed.Body.NumberAt("metadata.generation"));
        await space.RejectedAsync(404, "GET", $"{Gadgets}/{name}/status");
        await space.RejectedAsync(404, "GET", $"{Gadgets}/{name}/scale");
        await space.OkAsync("DELETE", $"{Gadgets}/{name}");
    }
}
