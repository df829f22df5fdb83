using System.Collections.Concurrent;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Http;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class InformerTests
{
    private static readonly InformerOptions Fast = new() { MinBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task RunAsync_ListThenWatch_UpdatesStoreIndexAndSubscribers()
    {
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await ScriptedServer.JsonAsync(context, List("10", Make("a", "5", "red"), Make("b", "6", "red")));
                return;
            }

            await ScriptedServer.EventAsync(context, "MODIFIED", Make("a", "11", "blue"));
            await ScriptedServer.EventAsync(context, "ADDED", Make("c", "12", "blue"));
            await ScriptedServer.EventAsync(context, "DELETED", Make("b", "13", "red"));
            await ScriptedServer.HoldAsync(context);
        });
        await using var run = new Running(server);
        run.Informer.AddIndex("colour", widget => [widget.Spec.Colour!]);
        run.Start();

        await Eventually.TrueAsync(() => run.Changes.Count == 5, "five changes");
        Assert.Equal(["Added a", "Added b", "Modified a", "Added c", "Deleted b"], run.Changes);
        Assert.Empty(run.Informer.ByIndex("colour", "red"));
        Assert.Equal(["a", "c"], run.Informer.ByIndex("colour", "blue").Select(w => w.Metadata.Name).Order());
        Assert.Equal("11", run.Informer.Get(new NamespacedName("n", "a"))!.Metadata.ResourceVersion);
        Assert.Null(run.Informer.Get(new NamespacedName("n", "b")));
        Assert.Equal("10", server.Requests.Single(r => r.IsWatch).Query["resourceVersion"]);
    }

    [Fact]
    public async Task RunAsync_WatchBreaks_ResumesWithoutAnotherList()
    {
        var watches = 0;
        var arrived = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await ScriptedServer.JsonAsync(context, List("10"));
                return;
            }

            switch (Interlocked.Increment(ref watches))
            {
                case 1:
                    await ScriptedServer.EventAsync(context, "ADDED", Make("a", "11"));
                    await arrived.Task;
                    context.Abort();
                    break;
                case 2:
                    await ScriptedServer.EventAsync(context, "BOOKMARK", new { metadata = new { resourceVersion = "20" } });
                    break;
                default:
                    await ScriptedServer.HoldAsync(context);
                    break;
            }
        });
        await using var run = new Running(server);
        using var subscription = run.Informer.OnChange(_ => arrived.TrySetResult());
        run.Start();

        await Eventually.TrueAsync(() => watches == 3, "the third watch");
        Assert.Equal(["10", "11", "20"], server.Requests.Where(r => r.IsWatch).Select(r => r.Query["resourceVersion"]));
        Assert.Single(server.Requests, r => !r.IsWatch);
        Assert.Equal(["Added a"], run.Changes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunAsync_VersionExpired_ListsAgainAndReportsMissedChanges(bool asEvent)
    {
        var lists = 0;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await ScriptedServer.JsonAsync(context, Interlocked.Increment(ref lists) == 1
                    ? List("10", Make("stays", "1"), Make("goes", "2"), Make("changes", "3"), Make("reborn", "4", uid: "old"))
                    : List("50", Make("stays", "1"), Make("changes", "33"), Make("reborn", "44", uid: "new"), Make("comes", "40")));
            }
            else if (context.Request.Query["resourceVersion"] != "10")
            {
                await ScriptedServer.HoldAsync(context);
            }
            else if (asEvent)
            {
                await ScriptedServer.EventAsync(context, "ERROR", new Status { Outcome = "Failure", Code = 410, Reason = "Expired" });
            }
            else
            {
                await ScriptedServer.StatusAsync(context, 410, "Expired", "too old");
            }
        });
        await using var run = new Running(server);
        run.Start();

        await Eventually.TrueAsync(() => run.Changes.Count == 9, "nine changes");
        Assert.Equal(
            ["Added comes", "Added reborn", "Deleted goes", "Deleted reborn", "Modified changes"],
            run.Changes.Skip(4).Order(StringComparer.Ordinal));
        Assert.True(run.Changes.ToList().IndexOf("Deleted reborn") < run.Changes.ToList().LastIndexOf("Added reborn"));
        Assert.Equal(4, run.Informer.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_UnreadableObject_KeepsLastReadableState(bool isMetadataUnreadable)
    {
        var lists = 0;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            object broken = isMetadataUnreadable
                ? new { metadata = new { name = "b", @namespace = "n", resourceVersion = "12", generateName = 5 }, spec = new { replicas = 1 } }
                : new { metadata = new { name = "b", @namespace = "n", resourceVersion = "12" }, spec = new { replicas = "many" } };
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await ScriptedServer.JsonAsync(context, Interlocked.Increment(ref lists) == 1
                    ? List("10", Make("a", "5"), Make("b", "6"))
                    : new { metadata = new { resourceVersion = "20" }, items = new[] { Make("a", "5"), broken } });
            }
            else if (context.Request.Query["resourceVersion"] == "10")
            {
                await ScriptedServer.EventAsync(context, "MODIFIED", broken);
            }
            else if (context.Request.Query["resourceVersion"] == "12")
            {
                await ScriptedServer.StatusAsync(context, 410, "Expired", "too old");
            }
            else
            {
                await ScriptedServer.EventAsync(context, "ADDED", Make("c", "21"));
                await ScriptedServer.HoldAsync(context);
            }
        });
        await using var run = new Running(server);
        run.Start();

        await Eventually.TrueAsync(() => run.Changes.Contains("Added c"), "the watch after the second list");
        Assert.Equal(["Added a", "Added b", "Added c"], run.Changes);
        Assert.Equal("6", run.Informer.Get(new NamespacedName("n", "b"))!.Metadata.ResourceVersion);
    }

    [Fact]
    public async Task RunAsync_ServerDownAtStart_SyncsAfterRecovery()
    {
        var calls = 0;
        await using var server = await ScriptedServer.StartAsync(context => context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.HoldAsync(context)
            : Interlocked.Increment(ref calls) < 4
                ? ScriptedServer.StatusAsync(context, 500, "InternalError", "starting")
                : ScriptedServer.JsonAsync(context, List("10", Make("a", "5"))));
        await using var run = new Running(server);
        run.Start();

        await run.Informer.WaitForSyncAsync(default).WaitAsync(Eventually.Limit);
        Assert.Equal(["Added a"], run.Changes);
        Assert.Equal(4, calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RunAsync_WatchesEndImmediately_BacksOff(bool isExpired)
    {
        var time = new ManualTime();
        await using var server = await ScriptedServer.StartAsync(context => !context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.JsonAsync(context, List("10"))
            : isExpired ? ScriptedServer.StatusAsync(context, 410, "Expired", "too old") : Task.CompletedTask);
        await using var run = new Running(server, new InformerOptions { MinBackoff = TimeSpan.FromSeconds(1) }, time);
        run.Start();

        await Eventually.TrueAsync(() => server.Requests.Count(r => r.IsWatch) == 1 && time.TimerCount > 0, "the first watch");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => { })));
        Assert.Equal(1, server.Requests.Count(r => r.IsWatch));
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
                return server.Requests.Count(r => r.IsWatch) >= 2;
            },
            "the second watch after the backoff");
    }

    [Fact]
    public async Task RunAsync_VersionExpiredAfterFailures_ListsAtOnce()
    {
        var time = new ManualTime();
        var watches = 0;
        await using var server = await ScriptedServer.StartAsync(async context =>
        {
            if (!context.Request.Query.ContainsKey("watch"))
            {
                await ScriptedServer.JsonAsync(context, List(Volatile.Read(ref watches) == 0 ? "10" : "20"));
            }
            else if (context.Request.Query["resourceVersion"] == "20")
            {
                await ScriptedServer.HoldAsync(context);
            }
            else if (Interlocked.Increment(ref watches) < 4)
            {
                await ScriptedServer.StatusAsync(context, 500, "InternalError", "starting");
            }
            else
            {
                // Time stands still from now on.
                await ScriptedServer.StatusAsync(context, 410, "Expired", "too old");
            }
        });
        await using var run = new Running(server, new InformerOptions { MinBackoff = TimeSpan.FromSeconds(1), MaxBackoff = TimeSpan.FromSeconds(60) }, time);
        run.Start();

        await Eventually.TrueAsync(
            () =>
            {
                if (Volatile.Read(ref watches) < 4)
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                }

                return server.Requests.Any(r => r.IsWatch && r.Query["resourceVersion"] == "20");
            },
            "a watch from the second list");
    }

    [Fact]
    public async Task OnChange_LateSubscriber_GetsKnownObjectsAsAdded()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.HoldAsync(context)
            : ScriptedServer.JsonAsync(context, List("10", Make("a", "5"))));
        await using var run = new Running(server);
        run.Start();
        await run.Informer.WaitForSyncAsync(default).WaitAsync(Eventually.Limit);

        var late = new List<string>();
        using var subscription = run.Informer.OnChange(change => late.Add($"{change.Type} {change.Key}"));
        Assert.Equal(["Added n/a"], late);
    }

    [Fact]
    public async Task OnChange_SubscriberThrows_OthersAreCalled()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.HoldAsync(context)
            : ScriptedServer.JsonAsync(context, List("10", Make("a", "5"), Make("b", "6"))));
        await using var run = new Running(server);
        var calls = 0;
        using var bad = run.Informer.OnChange(_ => throw new InvalidOperationException("mine"));
        using var good = run.Informer.OnChange(_ => calls++);
        run.Start();

        await run.Informer.WaitForSyncAsync(default).WaitAsync(Eventually.Limit);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Ends()
    {
        await using var server = await ScriptedServer.StartAsync(context => context.Request.Query.ContainsKey("watch")
            ? ScriptedServer.HoldAsync(context)
            : ScriptedServer.JsonAsync(context, List("10")));
        var run = new Running(server);
        run.Start();
        await run.Informer.WaitForSyncAsync(default).WaitAsync(Eventually.Limit);

        await run.DisposeAsync();
    }

    private static Widget Make(string name, string version, string colour = "red", string? uid = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "n", ResourceVersion = version, Uid = uid ?? "uid-" + name },
        Spec = new WidgetSpec { Colour = colour },
    };

    private static KubeList<Widget> List(string version, params Widget[] items) =>
        new() { Metadata = new ListMeta { ResourceVersion = version }, Items = items };

    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly KubeClient _client;
        private Task _run = Task.CompletedTask;

        public Running(ScriptedServer server, InformerOptions? options = null, TimeProvider? time = null)
        {
            _client = new KubeClient(server.Config);
            Informer = new Informer<Widget>(_client, options ?? Fast, time, new Random(1));
            Informer.OnChange(change => Changes.Enqueue($"{change.Type} {change.Key.Name}"));
        }

        public Informer<Widget> Informer { get; }

        public ConcurrentQueue<string> Changes { get; } = new();

        public void Start() => _run = Informer.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(Eventually.Limit);
            _client.Dispose();
        }
    }
}
