using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Runtime.Metrics;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

public sealed class ControllerTests
{
    [Fact]
    public async Task RunAsync_OwnedConfigMapDeleted_IsRecreated()
    {
        await using var server = await WidgetCluster.StartAsync();
        await using var run = new Running(server.Client, (client, widget, ct) => ReconcileConfigMapAsync(client, widget, ct));
        await server.Client.CreateWidgetAsync("w", "red");

        await Eventually.TrueAsync(() => run.ConfigMaps.Get(WidgetCluster.Key("w")) is not null, "the ConfigMap of the widget");
        await server.Client.DeleteAsync<ConfigMap>(WidgetCluster.Key("w"), default);
        await Eventually.TrueAsync(() => run.Reconciled.Count >= 2 && run.ConfigMaps.Get(WidgetCluster.Key("w")) is not null, "the ConfigMap is recreated");

        await server.Client.MergePatchAsync<Widget>(WidgetCluster.Key("w"), JsonNode.Parse("""{"spec":{"colour":"blue"}}""")!, default);
        await Eventually.TrueAsync(() => run.ConfigMaps.Get(WidgetCluster.Key("w"))?.Data!["colour"] == "blue", "the new colour");
    }

    [Fact]
    public async Task RunAsync_ReconcileFails_IsRetriedUntilItSucceeds()
    {
        await using var server = await WidgetCluster.StartAsync();
        var tries = 0;
        await using var run = new Running(server.Client, (_, _, _) => Interlocked.Increment(ref tries) < 4
            ? throw new InvalidOperationException("not yet")
            : Task.FromResult(ReconcileResult.Done));
        await server.Client.CreateWidgetAsync("w");

        await Eventually.TrueAsync(() => tries == 4, "the fourth attempt");
    }

    [Fact]
    public async Task RunAsync_RequeueAfter_ReconcilesWithoutChange()
    {
        await using var server = await WidgetCluster.StartAsync();
        var reconciles = 0;
        await using var run = new Running(server.Client, (_, _, _) =>
            Task.FromResult(Interlocked.Increment(ref reconciles) < 3 ? ReconcileResult.After(TimeSpan.FromMilliseconds(5)) : ReconcileResult.Done));
        await server.Client.CreateWidgetAsync("w");

        await Eventually.TrueAsync(() => reconciles == 3, "the third reconcile");
    }

    [Fact]
    public async Task RunAsync_ManyKeys_LimitsConcurrencyAndSerializesKeys()
    {
        await using var server = await WidgetCluster.StartAsync();
        var busy = new ConcurrentDictionary<string, int>();
        int now = 0, most = 0, twice = 0;
        await using var run = new Running(server.Client, async (_, widget, ct) =>
        {
            var count = Interlocked.Increment(ref now);
            InterlockedMax(ref most, count);
            if (busy.AddOrUpdate(widget.Metadata.Name!, 1, (_, old) => old + 1) > 1)
            {
                Interlocked.Increment(ref twice);
            }

            await Task.Delay(2, ct);
            busy.AddOrUpdate(widget.Metadata.Name!, 0, (_, old) => old - 1);
            Interlocked.Decrement(ref now);
            return ReconcileResult.Done;
        });
        for (var i = 0; i < 40; i++)
        {
            await server.Client.CreateWidgetAsync($"w{i}");
        }

        await Eventually.TrueAsync(() => run.Reconciled.Distinct().Count() == 40, "all widgets are reconciled");
        Assert.Equal(0, twice);
        Assert.InRange(most, 2, 4);
    }

    [Fact]
    public async Task RunAsync_Stopped_RunningReconcileFinishes()
    {
        await using var server = await WidgetCluster.StartAsync();
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        var finished = false;
        var run = new Running(server.Client, async (_, _, ct) =>
        {
            entered.TrySetResult();
            await release.Task.WaitAsync(ct);
            finished = true;
            return ReconcileResult.Done;
        });
        await server.Client.CreateWidgetAsync("w");
        await entered.Task.WaitAsync(Eventually.Limit);

        var stopping = run.DisposeAsync();
        release.SetResult();
        await stopping;
        Assert.True(finished);
    }

    [Fact]
    public async Task RunAsync_ReconcileIgnoresCancellation_StillStops()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w");
        var informer = new Informer<Widget>(server.Client);
        var entered = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var controller = new ControllerBuilder<Widget>(informer)
            .WithOptions(new ControllerOptions { ShutdownTimeout = TimeSpan.FromMilliseconds(50) })
            .Build(new Stubborn(entered));
        var run = Task.WhenAll(informer.RunAsync(stop.Token), controller.RunAsync(stop.Token));
        await entered.Task.WaitAsync(Eventually.Limit);

        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task RunAsync_Restarted_ReconcilesEveryObject()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w");
        var informer = new Informer<Widget>(server.Client);
        using var stopInformer = new CancellationTokenSource();
        var informing = informer.RunAsync(stopInformer.Token);
        var reconciles = 0;
        var controller = new ControllerBuilder<Widget>(informer).Build(new Counting(_ => Interlocked.Increment(ref reconciles)));

        for (var term = 1; term <= 3; term++)
        {
            using var stop = new CancellationTokenSource();
            var run = controller.RunAsync(stop.Token);
            await Eventually.TrueAsync(() => reconciles == term, $"term {term}");
            await stop.CancelAsync();
            await run.WaitAsync(Eventually.Limit);
        }

        await stopInformer.CancelAsync();
        await informing.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task RunAsync_ResyncPeriod_ReconcilesOnlyExistingObjects()
    {
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("stays");
        await server.Client.CreateWidgetAsync("goes");
        var informer = new Informer<Widget>(server.Client);
        var reconciles = new ConcurrentDictionary<string, int>();
        var time = new ManualTime();
        using var stop = new CancellationTokenSource();
        var controller = new ControllerBuilder<Widget>(informer)
            .WithOptions(new ControllerOptions { ResyncPeriod = TimeSpan.FromMinutes(10) })
            .WithTime(time, new Random(1))
            .Build(new Counting(key => reconciles.AddOrUpdate(key.Name, 1, (_, old) => old + 1)));
        var run = Task.WhenAll(informer.RunAsync(stop.Token), controller.RunAsync(stop.Token));
        await Eventually.TrueAsync(() => reconciles.Count == 2, "both are reconciled");
        await server.Client.DeleteAsync<Widget>(WidgetCluster.Key("goes"), default);
        await Eventually.TrueAsync(() => reconciles["goes"] == 2, "the deletion is reconciled");

        for (var period = 2; period <= 4; period++)
        {
            await Eventually.TrueAsync(
                () =>
                {
                    time.Advance(TimeSpan.FromMinutes(1));
                    return reconciles["stays"] >= period;
                },
                $"reconcile {period} of the existing widget");
        }

        Assert.Equal(2, reconciles["goes"]);
        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task RunAsync_Reconciles_UpdatesMetrics()
    {
        using var exposition = new PrometheusExposition(KubeMetrics.MeterName);
        await using var server = await WidgetCluster.StartAsync();
        await server.Client.CreateWidgetAsync("w");
        var informer = new Informer<Widget>(server.Client);
        using var stop = new CancellationTokenSource();
        var tries = 0;
        var controller = new ControllerBuilder<Widget>(informer)
            .WithOptions(new ControllerOptions { Name = "measured", MinBackoff = TimeSpan.FromMilliseconds(1) })
            .Build(new Counting(_ => ThrowUnless(Interlocked.Increment(ref tries) >= 3)));
        var run = Task.WhenAll(informer.RunAsync(stop.Token), controller.RunAsync(stop.Token));

        await Eventually.TrueAsync(() => exposition.Write().Contains("meet_kube_reconcile_seconds_count{controller=\"measured\"} 3"), "three reconciles");
        var text = exposition.Write();
        Assert.Contains("meet_kube_reconcile_errors_total{cause=\"error\",controller=\"measured\"} 2", text);
        Assert.Contains("meet_kube_queue_depth{queue=\"measured\"} 0", text);
        Assert.Contains("meet_kube_queue_age_seconds_count{queue=\"measured\"} 3", text);
        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Finalizers_AddedAndRemoved_DelayDeletion()
    {
        await using var server = await WidgetCluster.StartAsync();
        var widget = await server.Client.CreateWidgetAsync("w");
        widget = await Finalizers.AddAsync(server.Client, widget, "example.io/hold", default);
        Assert.Same(widget, await Finalizers.AddAsync(server.Client, widget, "example.io/hold", default));

        await server.Client.DeleteAsync<Widget>(WidgetCluster.Key("w"), default);
        var deleting = await server.Client.GetAsync<Widget>(WidgetCluster.Key("w"), default);
        Assert.NotNull(deleting.Metadata.DeletionTimestamp);
        await Assert.ThrowsAsync<KubeApiException>(() => Finalizers.RemoveAsync(server.Client, widget, "example.io/hold", default));
        Assert.Null(await Finalizers.RemoveAsync(server.Client, deleting, "example.io/hold", default));
        Assert.Null(await server.Client.TryGetAsync<Widget>(WidgetCluster.Key("w"), default));
    }

    private static async Task<ReconcileResult> ReconcileConfigMapAsync(KubeClient client, Widget widget, CancellationToken ct)
    {
        var map = new ConfigMap
        {
            Metadata = new ObjectMeta
            {
                Name = widget.Metadata.Name,
                Namespace = widget.Metadata.Namespace,
                OwnerReferences = [new OwnerReference { ApiVersion = widget.ApiVersion!, Kind = widget.Kind!, Name = widget.Metadata.Name!, Uid = widget.Metadata.Uid!, Controller = true }],
            },
            Data = new Dictionary<string, string> { ["colour"] = widget.Spec.Colour! },
        };
        await client.ApplyAsync(map, new ApplyOptions { FieldManager = "widget-controller", Force = true }, ct);
        return ReconcileResult.Done;
    }

    private static void ThrowUnless(bool condition)
    {
        if (!condition)
        {
            throw new InvalidOperationException("not yet");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }

    private sealed class Stubborn(TaskCompletionSource entered) : IReconciler
    {
        public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return ReconcileResult.Done;
        }
    }

    private sealed class Counting(Action<NamespacedName> onReconcile) : IReconciler
    {
        public Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            onReconcile(key);
            return Task.FromResult(ReconcileResult.Done);
        }
    }

    private sealed class Running : IAsyncDisposable, IReconciler
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly KubeClient _client;
        private readonly Func<KubeClient, Widget, CancellationToken, Task<ReconcileResult>> _reconcile;
        private readonly Informer<Widget> _widgets;
        private readonly Task _tasks;

        public Running(KubeClient client, Func<KubeClient, Widget, CancellationToken, Task<ReconcileResult>> reconcile)
        {
            _client = client;
            _reconcile = reconcile;
            _widgets = new Informer<Widget>(client);
            ConfigMaps = new Informer<ConfigMap>(client);
            var controller = new ControllerBuilder<Widget>(_widgets)
                .Owns(ConfigMaps)
                .WithPredicate(Predicates.HasIntentChanged)
                .WithOptions(new ControllerOptions { Concurrency = 4, MinBackoff = TimeSpan.FromMilliseconds(1) })
                .Build(this);
            _tasks = Task.WhenAll(_widgets.RunAsync(_stop.Token), ConfigMaps.RunAsync(_stop.Token), controller.RunAsync(_stop.Token));
        }

        public Informer<ConfigMap> ConfigMaps { get; }

        public ConcurrentQueue<NamespacedName> Reconciled { get; } = new();

        public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            if (_widgets.Get(key) is not { } widget)
            {
                return ReconcileResult.Done;
            }

            var result = await _reconcile(_client, widget, ct);
            Reconciled.Enqueue(key);
            return result;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _tasks.WaitAsync(Eventually.Limit);
        }
    }
}
