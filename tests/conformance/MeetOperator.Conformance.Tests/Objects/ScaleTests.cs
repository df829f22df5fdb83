using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Conformance.Tests.Objects;

/// <summary>The scale subresource, which autoscalers and kubectl use.</summary>
public sealed class ScaleTests(ConformanceServers fleet) : ConformanceTests(fleet)
{
    [Theory]
    [EveryServer]
    public async Task Scale_Read_ReturnsSpecAndStatusReplicas(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, """{"size":"Small","replicas":3}""");

        var fresh = await space.OkAsync("GET", space.Path(name + "/scale"));
        await space.OkAsync("PATCH", space.Path(name + "/status"), """{"status":{"replicas":2,"selector":"app=x"}}""", Space.MergePatch);
        var running = await space.OkAsync("GET", space.Path(name + "/scale"));

        Assert.Equal("Scale", fresh.Body.TextAt("kind"));
        Assert.Equal("autoscaling/v1", fresh.Body.TextAt("apiVersion"));
        Assert.Equal("""{"replicas":3}""", fresh["spec"].Json());
        Assert.Equal("""{"replicas":0}""", fresh["status"].Json());
        Assert.Equal(created["metadata.uid"].Json(), fresh["metadata.uid"].Json());
        Assert.Equal(created.Version, fresh.Version);
        Assert.Equal("""{"replicas":2,"selector":"app=x"}""", running["status"].Sorted());
    }

    [Theory]
    [EveryServer]
    public async Task Scale_Write_ChangesOnlySpec(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var created = await space.CreateAsync(name, """{"size":"Small","title":"x"}""");

        var put = await space.OkAsync("PUT", space.Path(name + "/scale"), ScaleBody(space, name, """{"replicas":5}""", created.Version));
        var patched = await space.OkAsync("PATCH", space.Path(name + "/scale"), """{"spec":{"replicas":7}}""", Space.MergePatch);

        Assert.Equal(5, put.Body.NumberAt("spec.replicas"));
        Assert.Equal(7, patched.Body.NumberAt("spec.replicas"));
        var shown = await space.GetAsync(name);
        Assert.Equal(7, shown.Body.NumberAt("spec.replicas"));
        Assert.Equal("x", shown.Body.TextAt("spec.title"));
        Assert.Equal(3, shown.Body.NumberAt("metadata.generation"));
    }

    [Theory]
    [EveryServer]
    public async Task Scale_OldResourceVersion_IsConflict(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        var old = await space.CreateAsync(name);
        await space.MergeAsync(name, """{"spec":{"title":"x"}}""");

        Assert.Equal("Conflict", (await space.RejectedAsync(409, "PUT", space.Path(name + "/scale"), ScaleBody(space, name, """{"replicas":5}""", old.Version))).Reason);
    }

    [Theory]
    [EveryServer]
    public async Task Scale_InvalidReplicas_IsRejected(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var negative = await space.RejectedAsync(422, "PATCH", space.Path(name + "/scale"), """{"spec":{"replicas":-1}}""", Space.MergePatch);
        var beyond = await space.RejectedAsync(422, "PATCH", space.Path(name + "/scale"), """{"spec":{"replicas":501}}""", Space.MergePatch);

        Assert.Contains("FieldValueInvalid spec.replicas", negative.Causes);
        Assert.Contains("FieldValueInvalid spec.replicas", beyond.Causes);
        await space.RejectedAsync(404, "GET", space.Path(Space.NewName() + "/scale"));
        Assert.Equal(405, (await space.SendAsync("DELETE", space.Path(name + "/scale"))).Code);
    }

    [Theory]
    [EveryServer]
    public async Task Scale_TypedClient_ReadsAndWrites(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name);

        var scale = await space.Client.GetScaleAsync<TypedWidget>(new NamespacedName(space.Namespace, name), CancellationToken.None);
        scale.Spec.Replicas = 4;
        await space.Client.ReplaceScaleAsync<TypedWidget>(scale, CancellationToken.None);

        Assert.Equal(4, (await space.GetAsync(name)).Body.NumberAt("spec.replicas"));
    }

    [Theory]
    [EveryServer(Without = ServerNames.Kubernetes120, Because = "it records no ownership for writes through scale")]
    public async Task Scale_Write_IsOwnedThroughSubresource(string server)
    {
        var space = await SharedAsync(server);
        var name = Space.NewName();
        await space.CreateAsync(name, query: "?fieldManager=maker");

        await space.OkAsync("PATCH", space.Path(name + "/scale?fieldManager=scaler"), """{"spec":{"replicas":7}}""", Space.MergePatch);

        var entry = Assert.Single(Ownership.Of(await space.GetAsync(name)), e => e.Manager == "scaler");
        Assert.Equal("""{"f:spec":{"f:replicas":{}}}""", entry.Fields);
        Assert.Equal("scale", entry.Subresource);
    }

    private static string ScaleBody(Space space, string name, string spec, string version) =>
        $$"""{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"{{name}}","namespace":"{{space.Namespace}}","resourceVersion":"{{version}}"},"spec":{{spec}}}""";
}
