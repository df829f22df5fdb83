using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

public sealed class InformerOnServerTests
{
    [Fact]
    public async Task RunAsync_ManyWritersAndCompactions_ConvergesToServerState()
    {
        await using var server = await WidgetCluster.StartAsync();
        var informer = new Informer<Widget>(
            server.Client,
            new InformerOptions { WatchTimeout = TimeSpan.FromSeconds(1), MinBackoff = TimeSpan.FromMilliseconds(5), PageSize = 3 },
            random: new Random(1));
        var mirror = new Dictionary<string, string?>();
        using var subscription = informer.OnChange(change =>
        {
            if (change.New is { } now)
            {
                mirror[change.Key.Name] = now.Metadata.ResourceVersion;
            }
            else
            {
                mirror.Remove(change.Key.Name);
            }
        });
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);

        var random = new Random(5);
        for (var i = 0; i < 300; i++)
        {
            var name = $"w{random.Next(12)}";
            if (random.Next(4) == 0)
            {
                await server.Client.TryDeleteAsync<Widget>(WidgetCluster.Key(name), default);
            }
            else if (await server.Client.TryGetAsync<Widget>(WidgetCluster.Key(name), default) is null)
            {
                await server.Client.CreateWidgetAsync(name, "red");
            }
            else
            {
                await server.Client.MergePatchAsync<Widget>(WidgetCluster.Key(name), JsonNode.Parse($$$"""{"spec":{"replicas":{{{i}}}}}""")!, default);
            }

            if (i % 60 == 59)
            {
                server.Server.CompactWatchHistory();
            }
        }

        var truth = (await server.Client.ListAllAsync<Widget>(null, null, default)).Items.ToDictionary(w => w.Metadata.Name!, w => w.Metadata.ResourceVersion);
        await Eventually.TrueAsync(
            () => Same(truth, informer.List().ToDictionary(w => w.Metadata.Name!, w => w.Metadata.ResourceVersion)), "the informer equals the server");
        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
        Assert.True(Same(truth, mirror), "the reported changes add up to the same state");
    }

    [Fact]
    public async Task RunAsync_ConnectionsResetAtRandom_ConvergesToServerState()
    {
        await using var server = await WidgetCluster.StartAsync();
        await using var proxy = new CuttingProxy(server.Server.Address, seed: 3, maxBytes: 6000);
        using var client = new MeetOperator.Kube.Client.KubeClient(server.Client.Config with { Server = proxy.Address });
        var informer = new Informer<Widget>(
            client, new InformerOptions { MinBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(20), PageSize = 4 }, random: new Random(1));
        using var stop = new CancellationTokenSource();
        var run = informer.RunAsync(stop.Token);
        var random = new Random(8);
        for (var i = 0; i < 200; i++)
        {
            var name = $"w{random.Next(10)}";
            if (!await server.Client.TryDeleteAsync<Widget>(WidgetCluster.Key(name), default) || random.Next(3) > 0)
            {
                await server.Client.CreateWidgetAsync(name, $"colour-{i}");
            }
        }

        await Eventually.TrueAsync(() => proxy.Cuts >= 10, "ten cut connections");
        var truth = (await server.Client.ListAllAsync<Widget>(null, null, default)).Items.ToDictionary(w => w.Metadata.Name!, w => w.Metadata.ResourceVersion);
        await Eventually.TrueAsync(
            () => Same(truth, informer.List().ToDictionary(w => w.Metadata.Name!, w => w.Metadata.ResourceVersion)), "the informer equals the server");
        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
    }

    private static bool Same(Dictionary<string, string?> left, Dictionary<string, string?> right) =>
        left.Count == right.Count && left.All(pair => right.TryGetValue(pair.Key, out var version) && version == pair.Value);
}
