using System.Net;
using MeetOperator.Kube;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Nodes;
using MeetOperator.Operator.Tests.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class NodePollerTests
{
    private const string Start = """{"node":"n","version":"1","instanceId":"i","state":"Ready","startedAt":"2026-01-01T00:00:00Z",""";

    [Theory]
    [InlineData("null", "answered nothing")]
    [InlineData("", "cannot be read")]
    [InlineData("[]", "cannot be read")]
    [InlineData("{}", "cannot be read")]
    [InlineData(Start + "\"rooms\":null}", "cannot be read")]
    [InlineData(Start + "\"rooms\":[null]}", "rooms")]
    [InlineData(Start + "\"rooms\":[{\"room\":\"stranger\"}]}", "no meeting id")]
    [InlineData(Start + "\"rooms\":[],\"participants\":-7}", "participants")]
    [InlineData(Start + "\"rooms\":[],\"stress\":1e999}", "stress")]
    [InlineData("deep", "cannot be read")]
    public async Task Poll_OfANonsensicalReport_CountsAsAMissAndTheNodeIsPolledOn(string body, string reason)
    {
        await using var fleet = new PolledFleet();
        await using var node = await SimulatedMediaNode.StartAsync("n", "token");
        node.ReportBody = _ => body == "deep" ? string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) : body;
        var target = PolledFleet.Target(node);

        fleet.Add(target);
        await PolledFleet.EventuallyAsync(() => Message(fleet, target).Contains(reason, StringComparison.Ordinal), () => $"the reason names {reason}: {Message(fleet, target)}\n{fleet.Log}");
        node.ReportBody = _ => null;

        await PolledFleet.EventuallyAsync(() => fleet.Fleet.View(target.Node)!.Verdict.TakesMeetings, () => $"a good report is taken in: {Message(fleet, target)}\n{fleet.Log}");
        Assert.Null(fleet.Health.Problem);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poll_OfAnEndlessReport_IsCutOffEarly(bool saysSo)
    {
        var most = 0;
        var piece = new byte[64 * 1024];
        Array.Fill(piece, (byte)' ');
        await using var server = await ServerAsync(async context =>
        {
            context.Response.ContentLength = saysSo ? 1L << 30 : null;
            for (var number = 0; number < (1 << 30) / piece.Length; number++)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
                most = Math.Max(most, number);
            }
        });
        await using var fleet = new PolledFleet();
        var target = PolledFleet.Target("n", new Uri(server.Urls.First() + "/"), "token");

        fleet.Add(target);

        await PolledFleet.EventuallyAsync(() => Message(fleet, target).Contains("answered more than 4 MiB", StringComparison.Ordinal), () => $"the answer is too large: {Message(fleet, target)}");
        Assert.InRange((long)most * piece.Length, 0, 64L << 20);
    }

    [Fact]
    public async Task Poll_RefusalThatIsNoProblemDocument_IsAMiss()
    {
        await using var server = await ServerAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("""[{"type":1}]""");
        });
        await using var fleet = new PolledFleet();
        var target = PolledFleet.Target("n", new Uri(server.Urls.First() + "/"), "token");

        fleet.Add(target);

        await PolledFleet.EventuallyAsync(() => Message(fleet, target).Contains("answered 500", StringComparison.Ordinal), () => Message(fleet, target));
    }

    [Fact]
    public async Task Orphan_ThatCannotBeEnded_IsNoMissedPoll()
    {
        await using var fleet = new PolledFleet();
        await using var node = await SimulatedMediaNode.StartAsync("n", "token");
        node.AddRoom("4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01", generation: 4);
        node.RefusesToEnd = true;
        var target = PolledFleet.Target(node);

        fleet.Add(target);

        await PolledFleet.EventuallyAsync(() => fleet.Log.ToString().Contains("did not end a room", StringComparison.Ordinal), () => $"the removal was tried\n{fleet.Log}");
        Assert.DoesNotContain("missed poll", fleet.Log.ToString(), StringComparison.Ordinal);
        Assert.True(fleet.Fleet.View(target.Node)!.Verdict.TakesMeetings);
    }

    [Fact]
    public async Task Watch_FromManyThreads_LeavesOneLoopANodeAndNoneAfterTheEnd()
    {
        await using var fleet = new PolledFleet();
        PollTarget[] targets = [.. Enumerable.Range(0, 3).Select(number => PolledFleet.Target("n", new Uri($"http://127.0.0.1:{number + 1}/"), "token"))];
        var node = targets[0].Node;

        Parallel.For(0, 4_000, number => fleet.Poller.Watch(node, number % 4 == 3 ? null : targets[number % 4]));
        fleet.Poller.Watch(node, targets[0]);
        await PolledFleet.EventuallyAsync(() => fleet.Health.Running(NodePoller.LoopName) == 1, () => $"one loop is left of {fleet.Health.Running(NodePoller.LoopName)}");
        fleet.Poller.Watch(node, null);

        await PolledFleet.EventuallyAsync(() => fleet.Health.Running(NodePoller.LoopName) == 0, () => $"no loop is left of {fleet.Health.Running(NodePoller.LoopName)}");
    }

    private static string Message(PolledFleet fleet, PollTarget target) => fleet.Fleet.View(target.Node)?.Verdict.Message ?? string.Empty;

    private static async Task<WebApplication> ServerAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        server.Run(context => answer(context));
        await server.StartAsync();
        return server;
    }
}
