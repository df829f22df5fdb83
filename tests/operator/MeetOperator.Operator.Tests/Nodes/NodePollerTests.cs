using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class NodePollerTests
{
    private const string Start = """{"node":"n","version":"1","instanceId":"i","state":"Ready","startedAt":"2026-01-01T00:00:00Z",""";

    [Theory]
    [InlineData("null", "is null")]
    [InlineData("", "cannot be parsed")]
    [InlineData("[]", "cannot be parsed")]
    [InlineData("{}", "cannot be parsed")]
    [InlineData(Start + "\"rooms\":null}", "cannot be parsed")]
    [InlineData(Start + "\"rooms\":[null]}", "rooms")]
    [InlineData(Start + "\"rooms\":[{\"room\":\"stranger\"}]}", "not a meeting ID")]
    [InlineData(Start + "\"rooms\":[],\"participants\":-7}", "participants")]
    [InlineData(Start + "\"rooms\":[],\"stress\":1e999}", "stress")]
    [InlineData("deep", "cannot be parsed")]
    public async Task Poll_InvalidReport_CountsAsMissAndContinues(string body, string reason)
    {
        await using var fleet = new PolledFleet();
        await using var node = await fleet.StartNodeAsync("n");
        var missed = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "meet_operator_missed_polls_total")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) => Interlocked.Add(ref missed, fleet.Owns(instrument) && tags[0].Value is "report-rejected" ? count : 0));
        listener.Start();
        node.ReportBody = _ => body == "deep" ? string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) : body;
        var target = PolledFleet.Target(node);

        fleet.Add(target);
        await Eventually.TrueAsync(() => Message(fleet, target).Contains(reason, StringComparison.Ordinal), () => $"the reason names {reason}: {Message(fleet, target)}\n{fleet.Log}");
        node.ReportBody = _ => null;

        await Eventually.TrueAsync(() => fleet.Fleet.View(target.Node)!.Decision.CanTakeMeetings, () => $"a valid report is accepted: {Message(fleet, target)}\n{fleet.Log}");
        Assert.Null(fleet.Health.Problem);
        Assert.True(Interlocked.Read(ref missed) > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Poll_EndlessReport_IsAborted(bool saysSo)
    {
        // Without a content length, the response continues until the connection ends.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var most = 0L;
        var serving = Task.Run(async () =>
        {
            using var connection = await listener.AcceptSocketAsync();
            await connection.ReceiveAsync(new byte[4096]);
            await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{(saysSo ? "Content-Length: 1073741824\r\n" : string.Empty)}\r\n"));
            var piece = new byte[64 * 1024];
            Array.Fill(piece, (byte)' ');
            while (most < 1 << 30)
            {
                most += await connection.SendAsync(piece);
            }
        });
        await using var fleet = new PolledFleet();
        var target = PolledFleet.Target("n", new Uri($"http://{listener.LocalEndpoint}/"));

        fleet.Add(target);

        await Eventually.TrueAsync(() => fleet.Log.ToString().Contains("Poll of media node", StringComparison.Ordinal), () => "the poll has failed");
        await Assert.ThrowsAsync<SocketException>(() => serving.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.InRange(most, 0, 64L << 20);
    }

    [Fact]
    public async Task Poll_ErrorWithoutProblemDocument_CountsAsMiss()
    {
        await using var server = await ServerAsync(context =>
        {
            context.Response.StatusCode = 500;
            return context.Response.WriteAsync("""[{"type":1}]""");
        });
        await using var fleet = new PolledFleet();
        var target = PolledFleet.Target("n", new Uri(server.Urls.First() + "/"));

        fleet.Add(target);

        await Eventually.TrueAsync(() => Message(fleet, target).Contains("status 500", StringComparison.Ordinal), () => Message(fleet, target));
    }

    [Fact]
    public async Task Poll_OrphanCannotBeEnded_IsNoMiss()
    {
        await using var fleet = new PolledFleet();
        await using var node = await fleet.StartNodeAsync("n");
        string[] rooms = ["4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01", "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a02"];
        Array.ForEach(rooms, room => node.AddRoom(room, generation: 4));
        node.RejectsRoomEnds = true;
        var target = PolledFleet.Target(node);

        fleet.Add(target);

        await Eventually.TrueAsync(
            () => rooms.All(room => fleet.Log.ToString().Contains($"has room {room}", StringComparison.Ordinal)) && fleet.Log.ToString().Contains("did not end an orphaned room", StringComparison.Ordinal),
            () => $"the removal of both was attempted\n{fleet.Log}");

        // Under CPU starvation a poll may time out; the failed removal must not count as a failed poll.
        Assert.DoesNotContain(fleet.Log.ToString().Split('\n'), line => line.Contains("Poll of media node", StringComparison.Ordinal) && !line.Contains("no answer from", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => fleet.Fleet.View(target.Node)!.Decision.CanTakeMeetings, () => $"the node accepts meetings\n{fleet.Log}");
    }

    [Fact]
    public async Task Poll_OrphanAfterTermEnded_RoomStays()
    {
        const string Room = "4ae1ed01-5a1c-4f3c-8b52-6d9d6a1f0a01";
        var attempts = 0;
        var time = new SkippableTime();
        await using var fleet = new PolledFleet(time: time)
        {
            BeforeChange = () =>
            {
                Interlocked.Increment(ref attempts);
                throw new LeadershipLostException(1);
            },
        };
        await using var node = await fleet.StartNodeAsync("n");
        node.AddRoom(Room, generation: 4);

        fleet.Add(PolledFleet.Target(node));

        await Eventually.TrueAsync(
            () =>
            {
                time.Skip(TimeSpan.FromSeconds(1)); // An orphan is ended after a grace period.
                return Volatile.Read(ref attempts) >= 2;
            },
            () => $"the room was to be ended twice\n{fleet.Log}");
        Assert.Contains(Room, node.Rooms().Keys);
        Assert.DoesNotContain("failed and restarts", fleet.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_FromManyThreads_KeepsOneLoopPerNode()
    {
        await using var fleet = new PolledFleet();
        PollTarget[] targets = [.. Enumerable.Range(0, 3).Select(number => PolledFleet.Target("n", new Uri($"http://127.0.0.1:{number + 1}/")))];
        var node = targets[0].Node;

        Parallel.For(0, 4_000, number => fleet.Poller.Watch(node, number % 4 == 3 ? null : targets[number % 4]));
        fleet.Poller.Watch(node, targets[0]);
        await Eventually.TrueAsync(() => fleet.Health.Running(NodePoller.LoopName) == 1, () => $"one loop remains of {fleet.Health.Running(NodePoller.LoopName)}");
        fleet.Poller.Watch(node, null);

        await Eventually.TrueAsync(() => fleet.Health.Running(NodePoller.LoopName) == 0, () => $"no loop remains of {fleet.Health.Running(NodePoller.LoopName)}");
    }

    private static string Message(PolledFleet fleet, PollTarget target) => fleet.Fleet.View(target.Node)?.Decision.Message ?? string.Empty;

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
