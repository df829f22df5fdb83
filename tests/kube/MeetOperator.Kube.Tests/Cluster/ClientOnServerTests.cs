using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Testing;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

/// <summary>The typed client against the embedded API server.</summary>
public sealed class ClientOnServerTests
{
    [Fact]
    public async Task ReplaceAsync_StaleVersion_ConflictsWithoutChange()
    {
        await using var server = await WidgetCluster.StartAsync();
        var first = await server.Client.CreateWidgetAsync("w", "red");
        var stale = await server.Client.GetAsync<Widget>(WidgetCluster.Key("w"), default);
        first.Spec.Colour = "blue";
        await server.Client.ReplaceAsync(first, default);

        stale.Spec.Colour = "green";
        var error = await Assert.ThrowsAsync<KubeApiException>(() => server.Client.ReplaceAsync(stale, default));
        Assert.True(error.IsConflict);
        Assert.Equal("blue", (await server.Client.GetAsync<Widget>(WidgetCluster.Key("w"), default)).Spec.Colour);
    }

    [Fact]
    public async Task CreateAsync_Twice_IsAlreadyExists()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w");

        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => server.Client.CreateWidgetAsync("w"))).IsAlreadyExists);
    }

    [Fact]
    public async Task ReplaceStatusAsync_CurrentAndStale_StoresOnlyStatusOrConflicts()
    {
        await using var server = await WidgetCluster.StartAsync();
        var widget = await server.Client.CreateWidgetAsync("w", "red");
        var stored = await server.Client.ReplaceStatusAsync(widget, new JsonObject { ["replicas"] = 3 }, default);

        Assert.Equal(("red", 3, 1L), (stored.Spec.Colour, stored.Status!.Replicas, stored.Metadata.Generation));
        var error = await Assert.ThrowsAsync<KubeApiException>(() => server.Client.ReplaceStatusAsync(widget, new JsonObject { ["replicas"] = 4 }, default));
        Assert.True(error.IsConflict);
        Assert.Equal(3, (await server.Client.GetAsync<Widget>(WidgetCluster.Key("w"), default)).Status!.Replicas);
    }

    [Fact]
    public async Task MergePatchAsync_NullAndValue_RemovesAndSets()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w", "red", 1);
        var patch = JsonNode.Parse("""{"spec":{"colour":null,"replicas":4}}""")!;
        var after = await server.Client.MergePatchAsync<Widget>(WidgetCluster.Key("w"), patch, default);

        Assert.Equal((null, 4), (after.Spec.Colour, after.Spec.Replicas));
    }

    [Fact]
    public async Task Scale_ReadAndReplaced_ChangesReplicasOnly()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w", "red", 1);
        var scale = await server.Client.GetScaleAsync<Widget>(WidgetCluster.Key("w"), default);
        Assert.Equal(1, scale.Spec.Replicas);
        scale.Spec.Replicas = 5;
        await server.Client.ReplaceScaleAsync<Widget>(scale, default);

        var widget = await server.Client.GetAsync<Widget>(WidgetCluster.Key("w"), default);
        Assert.Equal(("red", 5), (widget.Spec.Colour, widget.Spec.Replicas));
    }

    [Fact]
    public async Task DeleteAsync_UidOfEarlierObject_ConflictsAndKeepsNewObject()
    {
        await using var server = await WidgetCluster.StartAsync();
        var first = await server.Client.CreateWidgetAsync("w");
        await server.Client.DeleteAsync<Widget>(WidgetCluster.Key("w"), default);
        var second = await server.Client.CreateWidgetAsync("w");

        var error = await Assert.ThrowsAsync<KubeApiException>(() =>
            server.Client.DeleteAsync<Widget>(WidgetCluster.Key("w"), default, new DeleteOptions { Uid = first.Metadata.Uid }));
        Assert.True(error.IsConflict);
        Assert.True(await server.Client.TryDeleteAsync<Widget>(WidgetCluster.Key("w"), default, new DeleteOptions { Uid = second.Metadata.Uid }));
        Assert.False(await server.Client.TryDeleteAsync<Widget>(WidgetCluster.Key("w"), default));
    }

    [Fact]
    public async Task ListAllAsync_PagesOfTwo_ReturnsEachMatchOnce()
    {
        await using var server = await WidgetCluster.StartAsync();
        for (var i = 0; i < 7; i++)
        {
            var widget = WidgetCluster.NewWidget($"w{i}");
            widget.Metadata.Labels = new Dictionary<string, string> { ["parity"] = i % 2 == 0 ? "even" : "odd" };
            await server.Client.CreateAsync(widget, default);
        }

        var all = await server.Client.ListAllAsync<Widget>(null, new ListOptions { Limit = 2 }, default);
        var even = await server.Client.ListAllAsync<Widget>(WidgetCluster.Namespace, new ListOptions { Limit = 2, LabelSelector = "parity=even" }, default);
        var one = await server.Client.ListAllAsync<Widget>(WidgetCluster.Namespace, new ListOptions { FieldSelector = "metadata.name=w3" }, default);
        Assert.Equal(["w0", "w1", "w2", "w3", "w4", "w5", "w6"], all.Items.Select(w => w.Metadata.Name));
        Assert.Equal(["w0", "w2", "w4", "w6"], even.Items.Select(w => w.Metadata.Name));
        Assert.Equal("w3", Assert.Single(one.Items).Metadata.Name);
    }

    [Fact]
    public async Task Kubeconfig_OverTls_VerifiesTheServer()
    {
        await using var server = await WidgetCluster.StartAsync();
        var folder = Directory.CreateTempSubdirectory("kube");
        var file = Path.Combine(folder.FullName, "config");
        await File.WriteAllTextAsync(file, server.Server.Kubeconfig);
        var config = KubeConfig.FromFile(file);
        folder.Delete(recursive: true);

        using var client = new KubeClient(config);
        Assert.Equal("https", config.Server.Scheme);
        await client.CreateWidgetAsync("w", "red");
        Assert.Equal("red", (await client.GetAsync<Widget>(WidgetCluster.Key("w"), default)).Spec.Colour);
        Assert.Contains("gitVersion", await client.GetRawAsync("/version", default));

        using var distrustful = new KubeClient(config with { CertificateAuthorities = null });
        await Assert.ThrowsAsync<HttpRequestException>(() => distrustful.GetRawAsync("version", default));
    }

    [Fact]
    public async Task GetAsync_WrongToken_IsUnauthorized()
    {
        await using var server = await WidgetCluster.StartAsync();
        using var client = new KubeClient(server.Client.Config with { Token = "wrong" });

        Assert.True((await Assert.ThrowsAsync<KubeApiException>(() => client.GetAsync<Pod>(WidgetCluster.Key("p"), default))).IsUnauthorized);
    }
}
