using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

public sealed class EventRecorderTests
{
    [Fact]
    public async Task Record_RepeatedAndOtherEvent_CreatesTwoWithCounts()
    {
        await using var server = await WidgetCluster.StartAsync();
        var widget = await server.Client.CreateWidgetAsync("w");
        var recorder = new EventRecorder(server.Client, "widget-controller", "pod-1");
        for (var i = 0; i < 3; i++)
        {
            recorder.Normal(widget, "Placed", "on node 1");
        }

        recorder.Warning(widget, "Failed", new string('x', 5000));
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await recorder.RunAsync(stop.Token);

        var events = (await server.Client.ListAsync<Event>(WidgetCluster.Namespace, null, default)).Items.OrderBy(e => e.Reason).ToList();
        Assert.Equal(["Failed", "Placed"], events.Select(e => e.Reason));
        Assert.Equal((3, "Normal", "widget-controller"), (events[1].Count, events[1].Type, events[1].Source!.Component));
        Assert.Equal((widget.Metadata.Uid, "Widget", "w"), (events[1].InvolvedObject.Uid, events[1].InvolvedObject.Kind, events[1].InvolvedObject.Name));
        Assert.Equal(1024, events[0].Message!.Length);
    }

    [Fact]
    public async Task Record_EventExpiredOnServer_IsRecreated()
    {
        await using var server = await WidgetCluster.StartAsync();
        var widget = await server.Client.CreateWidgetAsync("w");
        var recorder = new EventRecorder(server.Client, "widget-controller");
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);

        recorder.Normal(widget, "Placed", "on node 1");
        await EventualEventAsync(server.Client, e => e.Count == 1);
        var first = (await server.Client.ListAsync<Event>(WidgetCluster.Namespace, null, default)).Items.Single();
        await server.Client.DeleteAsync<Event>(first.Metadata.NamespacedName, default);
        recorder.Normal(widget, "Placed", "on node 1");
        await EventualEventAsync(server.Client, e => e.Count == 2);

        await stop.CancelAsync();
        await run.WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Record_ServerUnreachable_DoesNotBlock()
    {
        using var client = new KubeClient(new KubeConfig { Server = new Uri("http://127.0.0.1:9") });
        var recorder = new EventRecorder(client, "widget-controller");
        for (var i = 0; i < 3000; i++)
        {
            recorder.Normal(WidgetCluster.NewWidget("w"), "Placed", $"{i}");
        }

        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await recorder.RunAsync(stop.Token).WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Record_LeadershipLost_WritesNothing()
    {
        await using var server = await WidgetCluster.StartAsync();
        var widget = await server.Client.CreateWidgetAsync("w");
        using var guarded = new KubeClient(
            server.Client.Config, new KubeClientOptions { BeforeWrite = () => throw new LeadershipLostException(3) });
        var recorder = new EventRecorder(guarded, "widget-controller");
        recorder.Normal(widget, "Placed", "on node 1");
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();

        await recorder.RunAsync(stop.Token).WaitAsync(Eventually.Limit);
        Assert.Empty((await server.Client.ListAsync<Event>(WidgetCluster.Namespace, null, default)).Items);
    }

    private static Task EventualEventAsync(KubeClient client, Func<Event, bool> predicate) =>
        Eventually.TrueAsync(async () => (await client.ListAsync<Event>(WidgetCluster.Namespace, null, default)).Items.Any(predicate), "the event is stored");
}
